import { describe, expect, test } from 'vitest';
import { configOf, loadFile, problemsOf, warningsOf } from '../testing/config-text.ts';

const value = Buffer.alloc(32, 1).toString('base64');
const older = Buffer.alloc(32, 2).toString('base64');
const vault = { addr: 'https://vault:8200', token: 't', keyName: 'kek' };

describe('the key-encryption key', () => {
  test('is wrapped by Vault, whose token comes from the environment or a file', () => {
    const keyEncryption = { vault: { keyName: 'kek', mount: 'wrap' } };
    const env = { VAULT_ADDR: 'https://vault:8200', VAULT_TOKEN: 'env-token' };
    expect(configOf(loadFile({ keyEncryption }, { env })).keyEncryption).toEqual({
      type: 'vault',
      vault: { addr: 'https://vault:8200', token: 'env-token', mount: 'wrap' },
      keyName: 'kek',
    });
    const byFile = { vault: { ...vault, token: undefined, tokenFile: '/run/token' } };
    expect(configOf(loadFile({ keyEncryption: byFile }, { env })).keyEncryption).toMatchObject({
      vault: { tokenFile: '/run/token' },
    });
  });

  test('has others beside it that open what they sealed', () => {
    const alsoOpens = [{ file: 'old.key' }, { valueFromEnv: 'OLD' }, { vault }];
    expect(configOf(loadFile({ keyEncryption: { value, alsoOpens } }, { env: { OLD: older } })).keyEncryption).toEqual({
      type: 'value',
      value,
      alsoOpens: [
        { type: 'file', file: 'old.key', createIfMissing: false },
        { type: 'value', value: older },
        { type: 'vault', vault: { addr: 'https://vault:8200', token: 't', mount: 'transit' }, keyName: 'kek' },
      ],
    });
  });

  test.each([
    [{ value, vault }, 'keyEncryption needs exactly one of file, valueFromEnv, value and vault'],
    [{ alsoOpens: [{ value }] }, 'keyEncryption needs exactly one of file, valueFromEnv, value and vault'],
    [{ value, alsoOpens: [{}] }, 'keyEncryption.alsoOpens[0] needs exactly one of file, valueFromEnv, value and vault'],
    [
      { value, alsoOpens: [{ value: 'c2hvcnQ=' }] },
      'keyEncryption.alsoOpens[0].value must be 32 bytes in base64; make one with: openssl rand -base64 32',
    ],
    [
      { value, alsoOpens: [{ valueFromEnv: 'NOT_SET' }] },
      'keyEncryption.alsoOpens[0].valueFromEnv names the environment variable NOT_SET, which is not set',
    ],
    [{ vault: { ...vault, keyName: undefined } }, 'keyEncryption.vault.keyName is required'],
    [{ vault: { ...vault, keyName: 'a/b' } }, expect.stringContaining('keyEncryption.vault.keyName must be a name')],
    [
      { vault: { ...vault, addr: undefined } },
      'keyEncryption.vault.addr is required (or the environment variable VAULT_ADDR)',
    ],
    [
      { value, alsoOpens: [{ vault: { ...vault, token: undefined } }] },
      expect.stringContaining('keyEncryption.alsoOpens[0].vault.token is required'),
    ],
    [
      { value, alsoOpens: Array.from({ length: 11 }, () => ({ file: 'k' })) },
      'keyEncryption.alsoOpens must have at most 10 entries',
    ],
  ])('by %j is refused', (keyEncryption, expected) => {
    expect(problemsOf(loadFile({ keyEncryption }))).toEqual([expected]);
  });

  test('behind plain http is warned about', () => {
    const plain = { ...vault, addr: 'http://vault:8200' };
    const warnings = warningsOf(loadFile({ keyEncryption: { vault: plain, alsoOpens: [{ vault: plain }] } }));
    expect(warnings).toContainEqual(expect.stringContaining('keyEncryption.vault.addr is plain http'));
    expect(warnings).toContainEqual(expect.stringContaining('keyEncryption.alsoOpens[0].vault.addr is plain http'));
  });
});
