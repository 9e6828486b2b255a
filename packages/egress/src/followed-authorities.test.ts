import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { createCertificateAuthority, createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createFollowingEgressClient } from './followed-authorities.ts';

test('authorities of a file are read again when a certificate is not trusted, and the request is sent then, once', async () => {
  await using folder = await createTempDirectory('authorities');
  const [own, other] = await Promise.all(['own', 'another'].map((name) => createCertificateAuthority(name)));
  const issued = await own?.issue({ commonName: 'localhost', dnsNames: ['localhost'] });
  let requests = 0;
  const server = createServer({ cert: issued?.certPem, key: issued?.keyPem }, (_, response) => {
    requests += 1;
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const file = join(folder.path, 'ca.pem');
  await writeFile(file, other?.caPem ?? '');
  const around = { what: 'the authorities', clock: createFakeClock(), logger: silentLogger };
  const followed = { ...around, authorities: [file], besideSystem: false };
  const client = await createFollowingEgressClient({ policy: 'operator' }, followed);
  const send = () => client.send({ url: `https://localhost:${(server.address() as AddressInfo).port}/` });
  await expect(send()).rejects.toMatchObject({ problem: 'unreachable' });
  await writeFile(file, own?.caPem ?? '');
  expect([(await send()).status, requests]).toEqual([200, 1]);
  await writeFile(file, 'nothing of use');
  expect((await send()).status).toBe(200);
  await client.close();
  server.close();
  const missing = { ...followed, authorities: [join(folder.path, 'missing')] };
  await expect(createFollowingEgressClient({ policy: 'operator' }, missing)).rejects.toThrow('ENOENT');
});
