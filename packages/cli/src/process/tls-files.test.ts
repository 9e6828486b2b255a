import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { WebConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { createCertificateAuthority, createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { watchWebTls } from './tls-files.ts';

test('N94: a certificate that changes is used with the versions of TLS that are configured', async () => {
  await using folder = await createTempDirectory('web-tls');
  const authority = await createCertificateAuthority('test');
  const [tlsCert, tlsKey] = [join(folder.path, 'tls.crt'), join(folder.path, 'tls.key')];
  const issue = async (): Promise<string> => {
    const { certPem, keyPem } = await authority.issue({ commonName: 'x', dnsNames: ['x'], server: true });
    await writeFile(`${tlsCert}.new`, certPem);
    await writeFile(tlsKey, keyPem);
    await rename(`${tlsCert}.new`, tlsCert);
    return certPem;
  };
  const first = await issue();
  const web = { tlsCert, tlsKey, tlsMinVersion: '1.3', tlsMaxVersion: '1.3' } as WebConfig;
  const clock = createFakeClock();
  const watch = watchWebTls(web, silentLogger, clock);
  expect(watch.current()).toMatchObject({ cert: first, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' });
  const told: unknown[] = [];
  watch.onChange((tls) => told.push(tls));
  const second = await issue();
  clock.advance(10);
  await expect.poll(() => told).toMatchObject([{ cert: second, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }]);
  watch.close();
});

test('A certificate without its key is named', async () => {
  await using folder = await createTempDirectory('web-tls');
  const authority = await createCertificateAuthority('test');
  const [one, other] = await Promise.all([1, 2].map(() => authority.issue({ commonName: 'x', dnsNames: ['x'] })));
  const [tlsCert, tlsKey] = [join(folder.path, 'tls.crt'), join(folder.path, 'tls.key')];
  await writeFile(tlsCert, one?.certPem ?? '');
  const web = { tlsCert, tlsKey, tlsMinVersion: '1.2' } as WebConfig;
  expect(() => watchWebTls(web, silentLogger)).toThrow(`web.tlsKey: ${tlsKey} does not exist.`);
  await writeFile(tlsKey, other?.keyPem ?? '');
  expect(() => watchWebTls(web, silentLogger)).toThrow('web.tlsCert and web.tlsKey cannot be used together');
});
