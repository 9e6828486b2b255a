import { describe, expect, it } from 'vitest';
import { CKF, CKR } from './cryptoki.ts';
import { createFakeLibrary } from './testing/fake-library.ts';
import { openToken } from './token.ts';

const access = { tokenLabel: 'tessera', pin: 'canary' };
const usual = CKF.LOGIN_REQUIRED | CKF.USER_PIN_INITIALIZED;

describe('logging in to a token', () => {
  it.each([
    ['FINAL_TRY', CKF.USER_PIN_FINAL_TRY, 'one try is left'],
    ['LOCKED', CKF.USER_PIN_LOCKED, 'is locked'],
  ])('PKCS #11 v3.0 §3.3: is not tried under CKF_USER_PIN_%s', (_name, flag, reason) => {
    const { library, calls } = createFakeLibrary({ tokens: [{ label: 'tessera', flags: usual | flag }] });
    expect(() => openToken(library, access)).toThrow(
      expect.objectContaining({ kind: 'pin', message: expect.stringContaining(reason) }),
    );
    expect(calls).not.toContain('C_Login');
  });

  it('is not tried where no PIN was ever set', () => {
    const { library, calls } = createFakeLibrary({ tokens: [{ label: 'tessera', flags: CKF.LOGIN_REQUIRED }] });
    expect(() => openToken(library, access)).toThrow(expect.objectContaining({ kind: 'pin' }));
    expect(calls).not.toContain('C_Login');
  });

  it.each([CKR.PIN_INCORRECT, CKR.PIN_LOCKED, CKR.PIN_EXPIRED, CKR.PIN_LEN_RANGE, CKR.PIN_INVALID])(
    'N96: fails for good by return value %d, and never names the PIN',
    (loginReturns) => {
      const { library, calls } = createFakeLibrary({ tokens: [{ label: 'tessera', flags: usual }], loginReturns });
      expect(() => openToken(library, access)).toThrow(
        expect.objectContaining({ kind: 'pin', message: expect.not.stringContaining('canary') }),
      );
      expect(calls.filter((call) => call === 'C_Login')).toHaveLength(1);
    },
  );

  it.each([
    [CKR.DEVICE_REMOVED, 'lost'],
    [0x80000001, 'unavailable'],
  ])('by return value %d is %s, and may be tried again', (loginReturns, kind) => {
    const { library } = createFakeLibrary({ tokens: [{ label: 'tessera', flags: usual }], loginReturns });
    expect(() => openToken(library, access)).toThrow(
      expect.objectContaining({ kind, message: expect.not.stringContaining('canary') }),
    );
  });

  it('is done already where the library says so, and needless where the token says so', () => {
    const again = { tokens: [{ label: 'tessera', flags: usual }], loginReturns: CKR.USER_ALREADY_LOGGED_IN };
    expect(openToken(createFakeLibrary(again).library, access).maxSessions).toBeUndefined();
    const open = createFakeLibrary({ tokens: [{ label: 'tessera', flags: 0 }] });
    openToken(open.library, access);
    expect(open.calls).toEqual(['C_OpenSession']);
  });
});

describe('a token', () => {
  it.each([
    [0, undefined],
    [0xffff_ffff, undefined],
    [2 ** 64, undefined],
    [1, 1],
    [8, 7],
  ])('that allows %d sessions has %s beside the one that stays open', (maxSessionCount, maxSessions) => {
    const { library } = createFakeLibrary({ tokens: [{ label: 'tessera', flags: usual, maxSessionCount }] });
    expect(openToken(library, access).maxSessions).toBe(maxSessions);
  });

  it('is found by its whole label', () => {
    const labels = ['tesser', 'tessera2', ' tessera', 'Tessera'];
    const { library } = createFakeLibrary({ tokens: labels.map((label) => ({ label, flags: usual })) });
    expect(() => openToken(library, access)).toThrow(expect.objectContaining({ kind: 'unavailable' }));
  });
});
