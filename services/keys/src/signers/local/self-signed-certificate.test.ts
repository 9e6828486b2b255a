import { X509Certificate } from 'node:crypto';
import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import { importX509, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createDirectSigner } from './direct-signer.ts';
import { generateSigningKeyPair } from './generate-key-pair.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

describe('the certificate of a key', () => {
  it.each(SIGNING_ALGORITHMS)('RFC 7517 §4.7: certifies the %s key, signed by itself', async (alg) => {
    const { kid, publicJwk, privateKey } = await generateSigningKeyPair(alg);
    const notBefore = new Date('2026-03-01T12:34:56Z');
    const der = createSelfSignedCertificate({ alg, kid, privateKey, notBefore });
    const certificate = new X509Certificate(der);
    expect(certificate.publicKey.export({ format: 'jwk' })).toEqual(publicJwk);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.subject).toBe(`CN=${kid}`);
    expect(certificate.ca).toBe(false);
    expect(certificate.validFromDate).toEqual(notBefore);
    // The very bytes of its DER, nothing after them.
    expect(certificate.raw.equals(der)).toBe(true);

    const input = Buffer.from(
      `${Buffer.from(JSON.stringify({ alg, kid })).toString('base64url')}.${Buffer.from('{"sub":"s"}').toString('base64url')}`,
    );
    const token = `${input.toString()}.${createDirectSigner(alg, privateKey)(input).toString('base64url')}`;
    const { payload } = await jwtVerify(token, await importX509(certificate.toString(), alg));
    expect(payload).toEqual({ sub: 's' });
  });

  it('RFC 5280 §4.1.2.5: does not end before the key does, whenever that is', async () => {
    const { kid, privateKey } = await generateSigningKeyPair('ES256');
    const parts = { alg: 'ES256', kid, privateKey } as const;
    const now = new X509Certificate(createSelfSignedCertificate({ ...parts, notBefore: new Date('2049-12-31') }));
    const later = new X509Certificate(createSelfSignedCertificate({ ...parts, notBefore: new Date('2050-01-01') }));
    expect(now.validToDate).toEqual(new Date('9999-12-31T23:59:59Z'));
    expect(now.validFromDate).toEqual(new Date('2049-12-31'));
    expect(later.validFromDate).toEqual(new Date('2050-01-01'));
  });

  it('RFC 5280 §4.1.2.2: no two have a serial number in common, and each is positive', async () => {
    const { kid, privateKey } = await generateSigningKeyPair('EdDSA');
    const serials = Array.from({ length: 50 }, () => {
      const der = createSelfSignedCertificate({ alg: 'EdDSA', kid, privateKey, notBefore: new Date(0) });
      return new X509Certificate(der).serialNumber;
    });
    expect(new Set(serials).size).toBe(50);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('a changed byte of its contents is noticed', async () => {
    const { kid, privateKey } = await generateSigningKeyPair('ES256');
    const der = createSelfSignedCertificate({ alg: 'ES256', kid, privateKey, notBefore: new Date(0) });
    const at = der.indexOf(Buffer.from(kid));
    der[at] = (der[at] ?? 0) ^ 1;
    const changed = new X509Certificate(der);
    expect(changed.verify(changed.publicKey)).toBe(false);
  });
});
