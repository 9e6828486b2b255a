import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicJwk } from './public-jwk.ts';

interface Type {
  readonly kty: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly members: readonly string[];
}

const TYPES: readonly Type[] = [
  {
    kty: 'RSA',
    alg: 'RS256',
    privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    members: ['n', 'e'],
  },
  {
    kty: 'EC',
    alg: 'ES256',
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    members: ['crv', 'x', 'y'],
  },
  { kty: 'OKP', alg: 'EdDSA', privateKey: generateKeyPairSync('ed25519').privateKey, members: ['crv', 'x'] },
];

describe('what is published of a key', () => {
  it.each(TYPES)(
    'RFC 7517 §9.2, RFC 7518 §6, RFC 8037 §2: of a private $kty key the public members alone',
    ({ kty, alg, privateKey, members }) => {
      const whole = { ...privateKey.export({ format: 'jwk' }), kid: 'k', alg, use: 'sig', x5c: ['MII='], k: 'secret' };
      expect(whole).toHaveProperty('d');
      const published = publicJwk(whole);
      expect(Object.keys(published)).toEqual(['kty', 'use', 'alg', 'kid', ...members, 'x5c']);
      expect(published).toMatchObject({ kty, use: 'sig', alg, kid: 'k', x5c: ['MII='] });
      for (const name of members) expect(published[name]).toBe((whole as Record<string, unknown>)[name]);
    },
  );

  it('RFC 7517 §4.7: x5c is there only when the key has certificates', () => {
    expect(publicJwk({ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k', alg: 'EdDSA' })).not.toHaveProperty('x5c');
  });

  it('N34: whatever members a key comes with, none is published that is not known to be public', () => {
    const known = new Set(['kty', 'use', 'alg', 'kid', 'n', 'e', 'crv', 'x', 'y', 'x5c']);
    const members = fc.dictionary(
      fc.oneof(
        fc.string(),
        fc.constantFrom('d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'privateKey', 'priv', '__proto__'),
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(members, fc.constantFrom('RSA', 'EC', 'OKP'), (others, kty) => {
        const published = publicJwk({ ...others, kty, kid: 'k', alg: 'a' });
        expect(Object.keys(published).filter((name) => !known.has(name))).toEqual([]);
      }),
    );
  });

  it.each(['oct', 'AKP', 'constructor', undefined])('N34: a key of type %s is not published at all', (kty) => {
    const key = { kty, k: 'secret', kid: 'k', alg: 'HS256' };
    expect(() => publicJwk(key)).toThrow(TypeError);
  });
});
