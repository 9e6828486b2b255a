import { createHash, generateKeyPairSync } from 'node:crypto';
import { addSeconds } from '@tessera/clock';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import type { KeyLife } from '../rotation/key-life.ts';
import type { KeySets } from '../rotation/key-sets.ts';
import { createSigningKey, type SigningKey } from '../signers/signing-key.ts';
import { createPublishedKeys } from './published-keys.ts';

const START = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number): Date => addSeconds(START, seconds);

/** As long as a key set gets: RSA of 4096 bits, with a certificate. */
const LARGEST = {
  publicJwk: generateKeyPairSync('rsa', { modulusLength: 4096 }).publicKey.export({ format: 'jwk' }) as Record<
    string,
    string
  >,
  x5c: [Buffer.alloc(1400).toString('base64')],
};

function keyOf(kid: string, alg: SigningAlgorithm, life: Partial<KeyLife>): SigningKey {
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: kid };
  return createSigningKey({ kid, alg, publicJwk, createdAt: START, activeAt: START, ...life }, undefined);
}

function setsOf(...keys: readonly SigningKey[]): KeySets<SigningKey> {
  return Map.groupBy(keys, ({ alg }) => alg);
}

function kidsAt(sets: KeySets<SigningKey>, now: Date): readonly string[] | undefined {
  return createPublishedKeys(() => sets, ['ES256', 'EdDSA'])(now)?.keys.map(({ kid }) => kid);
}

const sets = setsOf(
  keyOf('old', 'ES256', { retiredAt: at(100), goneAt: at(200) }),
  keyOf('next', 'ES256', { createdAt: at(50), activeAt: at(100) }),
  keyOf('other', 'EdDSA', {}),
);

describe('published keys', () => {
  it('RFC 7517 §5: the key that signs by default is first, and all that are not gone follow', () => {
    expect(kidsAt(sets, at(60))).toEqual(['old', 'next', 'other']);
    expect(kidsAt(sets, at(100))).toEqual(['next', 'old', 'other']);
    expect(kidsAt(sets, at(200))).toEqual(['next', 'other']);
    expect(kidsAt(new Map(), at(0))).toBeUndefined();
  });

  it('RFC 9110 §8.8.3: the version is of the content, the same at every replica, and another with every change', () => {
    const [one, another] = [
      createPublishedKeys(() => sets, ['ES256', 'EdDSA']),
      createPublishedKeys(() => sets, ['ES256', 'EdDSA']),
    ];
    const moments = [at(60), at(100), at(200)];
    const versions = moments.map((moment) => one(moment)?.version);
    expect(moments.map((moment) => another(moment)?.version)).toEqual(versions);
    expect(new Set(versions).size).toBe(3);
    const { jwksJson = '', version } = one(at(60)) ?? {};
    expect(version).toBe(createHash('sha256').update(jwksJson).digest('base64url'));
  });

  it('N86: there is one document at a time, however often it is asked for, and it is made anew only by a change', () => {
    const published = createPublishedKeys(() => sets, ['ES256', 'EdDSA']);
    const first = published(at(60));
    expect(published(at(99))).toBe(first);
    expect(published(at(100))).not.toBe(first);
  });

  it('N91: with as many of the largest keys as there can be, the document is still below half a megabyte', () => {
    const keys = Array.from({ length: 150 }, (_, count) => {
      const alg = SIGNING_ALGORITHMS[count % SIGNING_ALGORITHMS.length] ?? 'RS256';
      const kid = createHash('sha256').update(String(count)).digest('base64url');
      return createSigningKey({ kid, alg, ...LARGEST, createdAt: START, activeAt: START }, undefined);
    });
    const { jwksJson = '' } = createPublishedKeys(() => setsOf(...keys), ['RS256'])(at(1)) ?? {};
    expect(JSON.parse(jwksJson)).toMatchObject({ keys: { length: 150 } });
    expect(jwksJson.length).toBeLessThan(500_000);
  });
});
