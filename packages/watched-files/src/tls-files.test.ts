import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { createCertificateAuthority, createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { watchTlsFiles } from './tls-files.ts';

const access = { clock: createFakeClock(), logger: silentLogger };

test('a certificate is used with its own key alone, and a list of authorities only when it has one', async () => {
  await using folder = await createTempDirectory('tls-files');
  const authority = await createCertificateAuthority('test');
  const [first, second] = await Promise.all(
    [1, 2].map(() => authority.issue({ commonName: 'x', dnsNames: ['x'], client: true })),
  );
  const [caFile = '', certFile = '', keyFile = ''] = ['ca', 'cert', 'key'].map((name) => join(folder.path, name));
  await writeFile(caFile, authority.caPem);
  await writeFile(certFile, first?.certPem ?? '');
  await writeFile(keyFile, second?.keyPem ?? '');
  expect(() => watchTlsFiles({ caFile, certFile, keyFile }, 'x', access)).toThrow('key values mismatch');
  await writeFile(keyFile, first?.keyPem ?? '');
  const watch = watchTlsFiles({ caFile, certFile, keyFile }, 'x', access);
  await writeFile(caFile, '');
  await watch.check();
  expect(String(watch.current().ca)).toBe(authority.caPem);
  await writeFile(caFile, authority.caPem);
  await writeFile(certFile, second?.certPem ?? '');
  await watch.check();
  expect(String(watch.current().cert)).toBe(first?.certPem);
  await writeFile(keyFile, second?.keyPem ?? '');
  await watch.check();
  expect(String(watch.current().cert)).toBe(second?.certPem);
  watch.close();
});

test('without files there is nothing to read', () => {
  expect(watchTlsFiles({}, 'x', access).current()).toEqual({});
});
