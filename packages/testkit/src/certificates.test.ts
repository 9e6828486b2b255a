import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { createCertificateAuthority, writeServiceCertificates } from './certificates.ts';
import { createTempDirectory } from './temp-directory.ts';

test('An issued certificate has the names it was asked for and is signed by its authority alone', async () => {
  const authority = await createCertificateAuthority('First');
  const other = await createCertificateAuthority('Second');
  const { certPem } = await authority.issue({
    commonName: 'token',
    dnsNames: ['token.test'],
    ipAddresses: ['127.0.0.1'],
    uris: ['spiffe://test/token'],
  });
  const certificate = new X509Certificate(certPem);
  expect(certificate.subjectAltName).toBe('DNS:token.test, IP Address:127.0.0.1, URI:spiffe://test/token');
  expect(certificate.subject).toBe('CN=token');
  expect(certificate.verify(new X509Certificate(authority.caPem).publicKey)).toBe(true);
  expect(certificate.verify(new X509Certificate(other.caPem).publicKey)).toBe(false);
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
});

test('Validity is what was given, seven days from the start when only that was', async () => {
  const notBefore = new Date('2020-01-01T00:00:00Z');
  const authority = await createCertificateAuthority('Past', { notBefore });
  const certificate = new X509Certificate((await authority.issue({ commonName: 'x' })).certPem);
  expect(certificate.validFromDate).toEqual(notBefore);
  expect(certificate.validToDate).toEqual(new Date('2020-01-08T00:00:00Z'));
});

test('A certificate for neither servers nor clients is refused', async () => {
  const authority = await createCertificateAuthority('Any');
  await expect(authority.issue({ commonName: 'x', server: false })).rejects.toThrow('must be for a server, a client');
});

test('Certificates written for services are good for mutual TLS, and keys are private', async () => {
  await using directory = await createTempDirectory('certificates');
  await writeServiceCertificates(`${directory.path}/deep/down`, ['token', 'storage']);
  const file = (name: string) => readFile(`${directory.path}/deep/down/${name}`, 'utf8');
  expect((await stat(`${directory.path}/deep/down/token.key`)).mode & 0o777).toBe(0o600);
  const ca = await file('ca.pem');
  const server = createServer({
    ca,
    cert: await file('storage.pem'),
    key: await file('storage.key'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = connect({
    host: '127.0.0.1',
    port: address.port,
    servername: 'storage.tessera.internal',
    ca,
    cert: await file('token.pem'),
    key: await file('token.key'),
  });
  const [accepted] = (await once(server, 'secureConnection')) as [TLSSocket];
  expect(accepted.authorized).toBe(true);
  expect(accepted.getPeerX509Certificate()?.subjectAltName).toBe(
    'DNS:token.tessera.internal, DNS:localhost, IP Address:127.0.0.1',
  );
  client.destroy();
  accepted.destroy();
  server.close();
});
