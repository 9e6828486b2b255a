import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { verifyHmacJws } from './hmac-jws.ts';
import { parseCompactJws, verifyCompactJws } from './jws.ts';
import { SIGNING_ALGORITHMS } from './signing-algorithm.ts';

const SECRET = 'a secret of the client that has at least sixty-four bytes, for HS512';

/** A token in JWE compact serialization (RFC 7516 §7.1), whose header is all that may be looked at. */
function encrypted(header: object, ciphertext: Buffer = Buffer.from('x')): string {
  const parts = [JSON.stringify(header), 'key', 'iv', ciphertext, 'tag'];
  return parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
}

const p2c = encrypted({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2s: 'c2FsdA', p2c: 2_147_483_647 });
const direct = encrypted({ alg: 'dir', enc: 'A256GCM' });
const zipped = encrypted({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }, deflateRawSync(Buffer.alloc(1_000_000)));

it.each([
  ['N75: PBES2 with any count', p2c],
  ['N76: a compressed one', zipped],
  ['N77: a plain one', direct],
])('%s is never taken apart: encrypted tokens are malformed, and nothing is derived or inflated', (_, token) => {
  expect(parseCompactJws(token)).toEqual({ ok: false, reason: 'malformed' });
  const algorithms = SIGNING_ALGORITHMS;
  expect(verifyCompactJws(token, { keys: [], algorithms, typ: 'JWT' })).toEqual({ ok: false, reason: 'malformed' });
  const byHmac = verifyHmacJws(token, { algorithms: ['HS256', 'HS384', 'HS512'], secret: SECRET, typ: 'JWT' });
  expect(byHmac).toEqual({ ok: false, reason: 'malformed' });
});

it('N75: no algorithm for encryption is one for signatures', () => {
  const names = [
    'PBES2-HS256+A128KW',
    'PBES2-HS384+A192KW',
    'PBES2-HS512+A256KW',
    'RSA1_5',
    'RSA-OAEP',
    'dir',
    'A256KW',
  ];
  const header = (alg: string) => Buffer.from(JSON.stringify({ alg, p2c: 1e9 })).toString('base64url');
  for (const alg of names) {
    const outcome = verifyCompactJws(`${header(alg)}.e30.AAAA`, {
      keys: [],
      algorithms: SIGNING_ALGORITHMS,
      typ: 'JWT',
    });
    expect(outcome).toEqual({ ok: false, reason: 'algorithm-not-allowed' });
  }
});

it('N76: the header zip of a signed token is not honoured (RFC 7516 §4.1.3): the payload is what was signed', () => {
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', zip: 'DEF' })).toString('base64url');
  const payload = deflateRawSync('{"sub":"jane"}').toString('base64url');
  expect(parseCompactJws(`${header}.${payload}.AAAA`)).toEqual({ ok: false, reason: 'malformed' });
});
