import { describe, expect, test } from 'vitest';
import { parsePasswordHash } from './password-hash.ts';
import { bcryptHash } from './testing/config-text.ts';

const argon2id = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$zT1hbXBsZWhhc2hleGFtcGxlaGFzaGV4YW1wbGVoYXNo';

describe('parsePasswordHash', () => {
  test.each([bcryptHash, bcryptHash.replace('$2a$', '$2b$'), bcryptHash.replace('$2a$', '$2y$'), argon2id])(
    'takes %s',
    (hash) => {
      expect(parsePasswordHash(hash)).toEqual({ ok: true, hash });
    },
  );

  test('takes base64 of a bcrypt hash, as Dex does, and gives the hash itself', () => {
    expect(parsePasswordHash(Buffer.from(bcryptHash).toString('base64'))).toEqual({ ok: true, hash: bcryptHash });
  });

  test.each([
    ['04', false],
    ['09', false],
    ['10', true],
    ['16', true],
    ['17', false],
    ['31', false],
  ])('bcrypt cost %s: accepted is %s', (cost, isAccepted) => {
    expect(parsePasswordHash(bcryptHash.replace('$10$', `$${cost}$`)).ok).toBe(isAccepted);
  });

  test.each([
    '',
    'hunter2',
    bcryptHash.slice(0, -1),
    bcryptHash.replace('$2a$', '$2x$'),
    Buffer.from('hunter2').toString('base64'),
    argon2id.replace('argon2id', 'argon2i'),
    argon2id.replace('m=19456', 'm=7'),
    argon2id.replace('m=19456', 'm=99999999'),
    argon2id.replace('t=2', 't=0'),
    argon2id.replace('p=1', 'p=0'),
    `${bcryptHash}\n${bcryptHash}`,
  ])('refuses %j and does not repeat it', (hash) => {
    const result = parsePasswordHash(hash);
    expect(result.ok).toBe(false);
    if (!result.ok && hash !== '') expect(result.message).not.toContain(hash);
  });
});
