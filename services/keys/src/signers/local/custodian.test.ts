import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { createFakeClock } from '@tessera/clock';
import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { sealKey } from '../../encryption/envelope.ts';
import { createKeyEncryptionRing } from '../../testing/key-encryption-ring.ts';
import { describeCustodian } from '../conformance/describe-custodian.ts';
import { createLocalCustodian } from './custodian.ts';

describeCustodian<'local'>(
  'of keys in our own storage',
  async () => ({
    open: async () => createLocalCustodian(createKeyEncryptionRing()),
    damage(half) {
      const middle = Math.floor(half.ciphertext.length / 2);
      const changed = half.ciphertext[middle] === 'A' ? 'B' : 'A';
      return { ...half, ciphertext: half.ciphertext.slice(0, middle) + changed + half.ciphertext.slice(middle + 1) };
    },
    async close() {},
  }),
  { algorithms: SIGNING_ALGORITHMS, destroys: false, canBeOutOfReach: false },
);

describe('keys in our own storage', () => {
  it.each([2048, 3072, 4096] as const)('RFC 7518 §3.3: RSA keys of %d bits are made, and sign', async (rsaKeyBits) => {
    const custodian = createLocalCustodian(createKeyEncryptionRing(), { rsaKeyBits });
    const { kid, publicJwk, privateHalf } = await custodian.create('RS256', []);
    expect(Buffer.from(publicJwk['n'] ?? '', 'base64url').length * 8).toBe(rsaKeyBits);
    const sign = await custodian.open('RS256', kid, privateHalf);
    const signature = Buffer.from(await sign('e30.e30'), 'base64url');
    expect(signature.length * 8).toBe(rsaKeyBits);
    const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
    expect(verify('sha256', Buffer.from('e30.e30'), key, signature)).toBe(true);
    await custodian.close();
  });

  it('RFC 7518 §3.3: an RSA key below 2048 bits is not opened', async () => {
    const ring = createKeyEncryptionRing();
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const sealed = sealKey(ring, weak.export({ format: 'der', type: 'pkcs8' }), { purpose: 'signing', name: 'k' });
    const opening = createLocalCustodian(ring).open('RS256', 'k', { signer: 'local', ...sealed });
    await expect(opening).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
  });

  it.each(SIGNING_ALGORITHMS)('RFC 7517 §4.7: a new %s key gets a certificate where that is wanted', async (alg) => {
    const clock = createFakeClock();
    const custodian = createLocalCustodian(createKeyEncryptionRing(), { selfSignedCertificates: clock });
    const { kid, publicJwk, x5c = [] } = await custodian.create(alg, []);
    expect(x5c.length).toBe(1);
    const certificate = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'));
    expect(certificate.publicKey.export({ format: 'jwk' })).toEqual(publicJwk);
    expect(certificate.subject).toBe(`CN=${kid}`);
    expect(certificate.validFromDate.getTime()).toBe(clock.now().getTime() - 86_400_000);
    expect((await createLocalCustodian(createKeyEncryptionRing()).create(alg, [])).x5c).toBeUndefined();
  });
});
