import type { KeyListing, SealingDescription } from '@tessera/keys';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportFailure } from '../command-line/run-command.ts';
import { type ConfigFolder, writeConfig } from '../testing/config-folder.ts';
import { createFakeKeyAuthority, currentSealing, type FakeKeyAuthority } from '../testing/fake-key-authority.ts';
import { createFakeTerminal, type FakeTerminalOptions } from '../testing/fake-terminal.ts';
import { createKeysCommand } from './keys.ts';

const warnings = [
  '3 tokens signed by old-key, the last of which expires at 2026-11-22T11:00:00Z, are refused from now on.',
];

let folder: ConfigFolder;

beforeEach(async () => {
  const signer = { type: 'local', config: { algorithm: 'ES256', algorithms: ['RS256'] } };
  folder = await writeConfig({ signer });
});

afterEach(() => folder[Symbol.asyncDispose]());

async function run(authority: FakeKeyAuthority, args: readonly string[], options: FakeTerminalOptions = {}) {
  const terminal = createFakeTerminal(options);
  const command = createKeysCommand((_config, work) => work(authority));
  const [name = '', ...rest] = args;
  const code = await reportFailure(terminal, () => command([name, '--config', folder.file, ...rest], terminal));
  return { code, out: terminal.stdout, err: terminal.stderr, questions: terminal.questions };
}

describe('what is ordered', () => {
  test.each([
    [['rotate'], { type: 'rotate', urgency: 'planned' }],
    [['rotate', '--now'], { type: 'rotate', urgency: 'now' }],
    [
      ['rotate', '--algorithm', 'RS256', '--algorithm', 'ES256', '--algorithm', 'RS256'],
      { type: 'rotate', urgency: 'planned', algorithms: ['RS256', 'ES256'] },
    ],
    [['rotate', '--secrets'], { type: 'rotate-secrets', urgency: 'planned' }],
    [['rotate', '--secrets', '--now'], { type: 'rotate-secrets', urgency: 'now' }],
    [['rotate', '--revoke', 'a', '--revoke', 'b'], { type: 'revoke', kids: ['a', 'b'] }],
    [['rotate', '--now', '--revoke', 'a'], { type: 'revoke', kids: ['a'] }],
    [['revoke', '--kid', 'a', '--kid', 'a'], { type: 'revoke', kids: ['a'] }],
    [['revoke', '--secret', '2', '--secret', '1'], { type: 'revoke-secrets', versions: [2, 1] }],
  ])('keys %j', async (args, order) => {
    const authority = createFakeKeyAuthority();
    expect(await run(authority, args)).toMatchObject({ code: 0, err: '' });
    expect([authority.previewed, authority.carriedOut]).toEqual([[order], [order]]);
  });

  test.each([
    [['befriend'], /Say what to do/],
    [['rotate', '--secrets', '--algorithm', 'RS256'], /--algorithm and --secrets are different things/],
    [['rotate', '--secrets', '--revoke', 'a'], /--secrets and --revoke are different things/],
    [['rotate', '--algorithm', 'PS256'], /no keys for the algorithm "PS256"; the configured ones are ES256, RS256/],
    [['rotate', '--algorithm', 'HS256'], /no keys for the algorithm "HS256"/],
    [['revoke'], /Name signing keys with --kid KID/],
    [['revoke', '--kid', 'a', '--secret', '1'], /Name signing keys with --kid KID/],
    [['revoke', '--secret', '0'], /--secret needs the version of a secret/],
    [['rewrap', '--yes'], /--yes/],
  ])('keys %j is one sentence and exit code 2', async (args, sentence) => {
    const authority = createFakeKeyAuthority();
    const { code, out, err } = await run(authority, args);
    expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1]);
    expect(err).toMatch(sentence);
    expect(authority.previewed).toEqual([]);
  });
});

describe('an order that breaks something', () => {
  const order = ['rotate', '--now'];

  test('is carried out after a person who saw what breaks says yes', async () => {
    const authority = createFakeKeyAuthority({ preview: { warnings } });
    const { code, out, questions } = await run(authority, order, { isInteractive: true, answers: [' Yes '] });
    expect([code, questions.length, authority.carriedOut.length]).toEqual([0, 1, 1]);
    expect(out).toContain(`This breaks:\n  - ${warnings[0]}\n`);
    expect(out).toContain('Done:\n  new-kid (signing:ES256): created\n');
  });

  test.each(['y', 'no', ''])('is not when the answer is %j, with exit code 1', async (answer) => {
    const authority = createFakeKeyAuthority({ preview: { warnings } });
    const { code, err } = await run(authority, order, { isInteractive: true, answers: [answer] });
    expect([code, err, authority.carriedOut]).toEqual([1, 'Nothing was changed.\n', []]);
  });

  test('is refused with exit code 2 where nobody can be asked, after it was told what breaks', async () => {
    const authority = createFakeKeyAuthority({ preview: { warnings } });
    const { code, out, err, questions } = await run(authority, order, { answers: ['yes'] });
    expect([code, questions, authority.carriedOut]).toEqual([2, [], []]);
    expect(out).toContain(warnings[0]);
    expect(err).toBe('Nothing was changed: there is nobody to ask. Add --yes if that is what you want.\n');
  });

  test('is carried out with --yes without a question', async () => {
    const authority = createFakeKeyAuthority({ preview: { warnings } });
    const { code, out, questions } = await run(authority, [...order, '--yes'], { isInteractive: true });
    expect([code, questions, authority.carriedOut.length]).toEqual([0, [], 1]);
    expect(out).toContain(warnings[0]);
  });

  test('is only told with --dry-run, also with --yes', async () => {
    const authority = createFakeKeyAuthority({ preview: { warnings } });
    const { code, out } = await run(authority, [...order, '--dry-run', '--yes']);
    expect([code, authority.carriedOut]).toEqual([0, []]);
    expect(out).toMatch(/This breaks:[\s\S]*Nothing was changed: this was a dry run/);
  });
});

test('It is told who follows on whom, and when', async () => {
  const activeAt = new Date('2026-11-22T10:00:00Z');
  const successions = [
    { keySet: 'ES256', predecessor: 'old-kid', activeAt },
    { keySet: 'RS256', predecessor: 'a', successor: 'b', activeAt },
    { keySet: 'secrets', predecessor: '1', successor: '2', activeAt },
  ] as const;
  const { out } = await run(createFakeKeyAuthority({ preview: { successions } }), ['rotate', '--dry-run']);
  expect(out).toContain(`
  - ES256: a new key in place of key old-kid, from 2026-11-22T10:00:00Z
  - RS256: key b in place of key a, from 2026-11-22T10:00:00Z
  - secrets: version 2 in place of version 1, from 2026-11-22T10:00:00Z
`);
});

test('It is told where a new key could not be made, and nowhere else', async () => {
  const activeAt = new Date('2026-11-22T10:00:00Z');
  const successions = [
    { keySet: 'ES256', predecessor: 'gone', activeAt },
    { keySet: 'RS256', predecessor: 'a', successor: 'b', activeAt },
  ] as const;
  const missing = 'ES256: no new key could be made, and nothing signs there until the signer answers';
  const removed = { keySet: 'ES256', kid: 'gone', step: 'removed' } as const;
  const made = await run(createFakeKeyAuthority({ preview: { successions } }), ['rotate']);
  expect(made.out).not.toContain('could be made');
  const unmade = await run(createFakeKeyAuthority({ preview: { successions }, changes: [removed] }), ['rotate']);
  expect(unmade.out).toContain(`Done:\n  gone (signing:ES256): removed\n  ${missing}\n`);
  const nothing = await run(createFakeKeyAuthority({ changes: [] }), ['rotate', '--secrets']);
  expect(nothing.out).toContain('Done:\n  there was nothing left to do\n');
});

test('An order that breaks nothing asks nobody', async () => {
  const authority = createFakeKeyAuthority();
  const { code, out, questions } = await run(authority, ['rotate'], { isInteractive: true });
  expect([code, questions, authority.carriedOut.length]).toEqual([0, [], 1]);
  expect(out).toContain('This breaks nothing');
});

describe('keys list', () => {
  const moment = (hour: number): Date => new Date(Date.UTC(2026, 10, 22, hour));
  const signed = (count: number) => ({ count, firstAt: moment(1), lastAt: moment(6) });
  const listing: KeyListing = {
    keys: [
      {
        kid: 'first-kid',
        algorithm: 'ES256',
        isConfigured: true,
        stage: 'retired',
        createdAt: moment(0),
        activeAt: moment(1),
        retiredAt: moment(7),
        goneAt: moment(12),
        signer: 'local',
        signed: { access_token: signed(1200), id_token: signed(34) },
      },
      {
        kid: 'second',
        algorithm: 'ES256',
        isConfigured: true,
        stage: 'active',
        createdAt: moment(6),
        activeAt: moment(7),
        signer: 'vault',
        signed: {},
      },
    ],
    revoked: [{ kid: 'leaked', algorithm: 'RS256', revokedAt: moment(3), signed: { id_token: signed(2) } }],
    secrets: [{ version: 1, stage: 'active', createdAt: moment(0), activeAt: moment(1) }],
    keyEncryptionKeys: currentSealing.keys,
    sealedUnder: new Map([['signing', ['aaaa']]]),
  };

  test('shows keys, secrets and what they are sealed under as tables', async () => {
    const { code, out } = await run(createFakeKeyAuthority({ listing }), ['list']);
    expect(code).toBe(0);
    expect(out).toBe(`Signing keys
  KEY        ALGORITHM  STAGE    SIGNS FROM            UNTIL                 PUBLISHED UNTIL       SIGNER  TOKENS
  first-kid  ES256      retired  2026-11-22T01:00:00Z  2026-11-22T07:00:00Z  2026-11-22T12:00:00Z  local   1,234
  second     ES256      active   2026-11-22T07:00:00Z  –                     –                     vault   0

Revoked signing keys
  KEY     ALGORITHM  REVOKED               TOKENS
  leaked  RS256      2026-11-22T03:00:00Z  2

Secrets behind codes, refresh tokens and cookies
  VERSION  STAGE   IN USE FROM           UNTIL  ACCEPTED UNTIL
  1        active  2026-11-22T01:00:00Z  –      –

Key-encryption keys
  FINGERPRINT  SOURCE               ROLE             PROBLEM
  aaaa         keyEncryption.value  seals and opens  none

Sealed documents
  DOCUMENT  VERSION  UNDER  STATE
  signing   3        aaaa   current
`);
  });

  test('is one JSON object with --json', async () => {
    const { out } = await run(createFakeKeyAuthority({ listing }), ['list', '--json']);
    const { keys, revoked } = JSON.parse(JSON.stringify(listing)) as Record<string, unknown>;
    expect(JSON.parse(out)).toEqual({
      keys,
      revoked,
      secrets: [
        {
          version: 1,
          stage: 'active',
          createdAt: '2026-11-22T00:00:00.000Z',
          activeAt: '2026-11-22T01:00:00.000Z',
        },
      ],
      keyEncryption: currentSealing,
    });
  });
});

describe('keys rewrap', () => {
  const former: SealingDescription = {
    keys: [
      { role: 'seals', source: 'keyEncryption.value', fingerprint: 'aaaa' },
      { role: 'opens', source: 'old.key', fingerprint: 'bbbb' },
    ],
    documents: [
      { name: 'signing', version: 2, sealedUnder: ['bbbb'], state: 'former' },
      { name: 'secrets', version: 1, sealedUnder: ['aaaa'], state: 'current' },
    ],
  };

  test('seals anew what is under a key of before, and says so', async () => {
    const authority = createFakeKeyAuthority({ sealing: former });
    const { code, out } = await run(authority, ['rewrap']);
    expect([code, authority.isResealed]).toEqual([0, true]);
    expect(out).toContain('Sealed anew: signing.');
    expect(out).not.toContain('bbbb');
  });

  test('says with --dry-run what it would do', async () => {
    const authority = createFakeKeyAuthority({ sealing: former });
    const { code, out } = await run(authority, ['rewrap', '--dry-run']);
    expect([code, authority.isResealed]).toEqual([0, false]);
    expect(out).toContain('This would seal anew: signing. Nothing was changed');
  });

  test('changes nothing while something cannot be opened', async () => {
    const document = { name: 'journal', version: 1, sealedUnder: [], state: 'unopened', problem: 'wrong key' } as const;
    const authority = createFakeKeyAuthority({ sealing: { ...former, documents: [...former.documents, document] } });
    const { code, out, err } = await run(authority, ['rewrap']);
    expect([code, authority.isResealed]).toEqual([2, false]);
    expect(out).toMatch(/journal +1 +– +unopened: wrong key/);
    expect(err).toMatch(/^Nothing was changed: journal cannot be opened\. .*keyEncryption\.alsoOpens\.\n$/);
  });

  test('does nothing twice', async () => {
    const { code, out } = await run(createFakeKeyAuthority(), ['rewrap']);
    expect([code, out]).toEqual([0, expect.stringContaining('There was nothing to do.')]);
  });
});
