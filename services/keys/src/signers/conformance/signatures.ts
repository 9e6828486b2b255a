import { importVerificationKey, type SigningAlgorithm, verifyCompactJws } from '@tessera/oauth';
import { compactVerify, importJWK } from 'jose';
import { expect, it } from 'vitest';
import type { NewKey, Signer } from '../custodian.ts';
import { readPrivateHalf } from '../private-half.ts';
import type { BenchKey, CustodianBench, CustodianExpectations } from './describe-custodian.ts';

/** Bytes of a signature (RFC 7518 §3.4, RFC 8037 §3.1); RSA signatures are as long as the modulus (RFC 7518 §3.3, §3.5). */
const SIGNATURE_BYTES: Readonly<Partial<Record<SigningAlgorithm, number>>> = {
  ES256: 64,
  ES384: 96,
  ES512: 132,
  EdDSA: 64,
};

const BATCH = 32;

/** What signatures are, and who can make them. */
export function signaturesSuite(bench: () => CustodianBench, { algorithms }: CustodianExpectations): void {
  it.each(algorithms)('RFC 7515 §5.1: %s signatures verify here and elsewhere', async (alg) => {
    const { made, sign } = await bench().key(alg);
    await expectGenuine({ alg, made, sign }, { sub: 'Ädä', at: 1 });
  });

  it.each(algorithms)('another replica opens what is stored of a key for %s, and signs alike', async (alg) => {
    const { made } = await bench().key(alg);
    const stored = readPrivateHalf(JSON.parse(JSON.stringify(made.privateHalf)));
    const sign = await bench().replica.open(alg, made.kid, stored);
    await expectGenuine({ alg, made, sign }, { sub: 'of another replica' });
  });

  it.each(algorithms)(
    'RFC 7518 §3, RFC 7515 §2: %s signatures have their length, whatever they begin with, in base64url',
    async (alg) => {
      const { made, sign } = await bench().key(alg);
      const inputs = Array.from({ length: BATCH }, (_, index) => `e30.${index}`);
      const signatures = await Promise.all(inputs.map(async (input) => sign(input)));
      const length = SIGNATURE_BYTES[alg] ?? Buffer.from(made.publicJwk['n'] ?? '', 'base64url').length;
      for (const signature of signatures) {
        const bytes = Buffer.from(signature, 'base64url');
        expect(bytes.length).toBe(length);
        expect(bytes.toString('base64url')).toBe(signature);
      }
    },
  );

  it.each(algorithms)('%s signatures asked for in one turn are each of their own input', async (alg) => {
    const key = await bench().key(alg);
    const claims = Array.from({ length: BATCH }, (_, index) => ({ index, filling: 'x'.repeat(index * 11) }));
    await Promise.all(claims.map((one) => expectGenuine(key, one)));
  });

  it('a hundred signatures of all algorithms at once, by two replicas, are each of their own key and input', async () => {
    const { key, replica } = bench();
    const keys = await Promise.all(algorithms.map(key));
    const others = await Promise.all(
      keys.map(async ({ alg, made }) => ({ alg, made, sign: await replica.open(alg, made.kid, made.privateHalf) })),
    );
    const pool = [...keys, ...others];
    const signed = Array.from({ length: 100 }, (_, index) => {
      const one = pool[index % pool.length];
      if (one === undefined) throw new Error('no algorithms');
      return expectGenuine(one, { index });
    });
    await Promise.all(signed);
  });

  it('signs the shortest input and one as long as any token', async () => {
    const keys = await Promise.all(algorithms.map(bench().key));
    await Promise.all(keys.map((key) => expectGenuine(key, {})));
    await Promise.all(keys.map((key) => expectGenuine(key, { filling: 'x'.repeat(11_000) })));
  });

  it('a key that is opened again signs beside the signer it had', async () => {
    const [alg] = algorithms;
    if (alg === undefined) throw new Error('no algorithms');
    const { made, sign } = await bench().key(alg);
    const again = await bench().custodian.open(alg, made.kid, made.privateHalf);
    await expectGenuine({ alg, made, sign: again }, { sub: 'again' });
    await expectGenuine({ alg, made, sign }, { sub: 'before' });
  });
}

/** Signs claims and has the token verified by our own verifier and by another's. */
export async function expectGenuine({ alg, made, sign }: BenchKey, claims: object): Promise<void> {
  const token = await makeToken(alg, made, sign, claims);
  const imported = importVerificationKey({ ...made.publicJwk, alg, kid: made.kid });
  if (!imported.ok) throw new Error(imported.reason);
  const outcome = verifyCompactJws(token, { keys: [imported.key], algorithms: [alg], typ: 'JWT' });
  expect(outcome).toEqual({ ok: true, payload: claims, header: { alg, kid: made.kid } });
  const { payload } = await compactVerify(token, await importJWK({ kty: '', ...made.publicJwk }, alg));
  expect(JSON.parse(Buffer.from(payload).toString())).toEqual(claims);
}

async function makeToken(alg: SigningAlgorithm, { kid }: NewKey, sign: Signer, claims: object): Promise<string> {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg, kid })}.${encode(claims)}`;
  return `${input}.${await sign(input)}`;
}
