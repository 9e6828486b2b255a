import { createPrivateKey, X509Certificate } from 'node:crypto';
import { importVerificationKey, jwkThumbprint } from '@tessera/oauth';
import { calculateJwkThumbprint } from 'jose';
import { expect, it } from 'vitest';
import { readPrivateHalf } from '../private-half.ts';
import type { CustodianBench, CustodianExpectations } from './describe-custodian.ts';

/** Members of a JWK that are private or symmetric (RFC 7518 §6.2.2, §6.3.2 and §6.4.1, RFC 8037 §2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** What a new key is. */
export function keysSuite(bench: () => CustodianBench, { algorithms }: CustodianExpectations): void {
  it.each(algorithms)('RFC 7517 §4: a new key for %s is public, of its algorithm and long enough', async (alg) => {
    const { publicJwk } = (await bench().key(alg)).made;
    for (const member of [...PRIVATE_MEMBERS, 'kid', 'alg', 'use']) expect(publicJwk).not.toHaveProperty(member);
    for (const value of Object.values(publicJwk)) expect(typeof value).toBe('string');
    expect(importVerificationKey({ ...publicJwk, alg })).toMatchObject({ ok: true, key: { alg } });
  });

  it.each(algorithms)('RFC 7638 §3: the kid of a key for %s is its thumbprint', async (alg) => {
    const { kid, publicJwk } = (await bench().key(alg)).made;
    expect(kid).toBe(jwkThumbprint(publicJwk));
    expect(kid).toBe(await calculateJwkThumbprint({ kty: '', ...publicJwk }, 'sha256'));
  });

  it.each(algorithms)('what is stored of a key for %s survives storage and is no private key', async (alg) => {
    const { privateHalf } = (await bench().key(alg)).made;
    expect(privateHalf.signer).toBe(bench().custodian.type);
    expect(readPrivateHalf(JSON.parse(JSON.stringify(privateHalf)))).toEqual(privateHalf);
    for (const value of Object.values(privateHalf)) expect(isPrivateKey(String(value))).toBe(false);
  });

  it.each(algorithms)('a further key for %s is another one than those that are known', async (alg) => {
    const { custodian } = bench();
    const first = (await bench().key(alg)).made;
    const second = await custodian.create(alg, [first.privateHalf]);
    const third = await custodian.create(alg, [first.privateHalf, second.privateHalf]);
    expect(new Set([first.kid, second.kid, third.kid]).size).toBe(3);
    const halves = [first, second, third].map(({ privateHalf }) => JSON.stringify(privateHalf));
    expect(new Set(halves).size).toBe(3);
    await custodian.destroy(second.privateHalf);
    await custodian.destroy(third.privateHalf);
  });

  it.each(algorithms)('RFC 7517 §4.7: certificates of a key for %s, if any, begin with its own', async (alg) => {
    const { publicJwk, x5c } = (await bench().key(alg)).made;
    if (x5c === undefined) return;
    const [own = ''] = x5c;
    expect(Buffer.from(own, 'base64').toString('base64')).toBe(own);
    const certificate = new X509Certificate(Buffer.from(own, 'base64'));
    expect(certificate.publicKey.export({ format: 'jwk' })).toEqual(publicJwk);
  });
}

function isPrivateKey(text: string): boolean {
  const spellings = [text, Buffer.from(text, 'base64'), Buffer.from(text, 'hex')];
  return spellings.some((key) =>
    (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
      try {
        createPrivateKey(typeof key === 'string' ? { key } : { key, format: 'der', type });
        return true;
      } catch {
        return false;
      }
    }),
  );
}
