import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority, createTempDirectory, startMariadb } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createMysqlPool } from './pool.ts';
import { createSession } from './session.ts';
import type { MysqlConfig } from './ssl.ts';

test('passwords and authorities that change in their files are used by new connections, and those of before go on', {
  timeout: 30_000,
}, async () => {
  await using folder = await createTempDirectory('mysql-access');
  const [caFile, passwordFile, certFile, keyFile] = ['ca', 'password', 'cert', 'key'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string, string];
  const [authority, other] = await Promise.all(['own', 'another'].map((name) => createCertificateAuthority(name)));
  const { certPem = '', keyPem = '' } =
    (await authority?.issue({ commonName: 'localhost', dnsNames: ['localhost'] })) ?? {};
  await writeFile(certFile, certPem);
  await writeFile(keyFile, keyPem);
  await using server = await startMariadb({ fsync: false, tls: { certFile, keyFile } });
  const config = {
    type: 'mysql',
    ...{ host: 'localhost', port: server.port, database: 'mysql', connectionTimeoutSeconds: 5, maxOpenConns: 2 },
  } as const;
  const administrator: MysqlConfig = {
    ...config,
    user: server.user,
    password: server.password,
    ssl: { mode: 'skip-verify' },
  };
  const admin = createMysqlPool(administrator, () => undefined);
  const execute = (sql: string) => admin.use(5000, (connection) => createSession(connection).statement(sql));
  await execute("CREATE USER rotated IDENTIFIED BY 'old'");
  await execute('GRANT SELECT ON mysql.* TO rotated');
  await writeFile(passwordFile, 'old');
  await writeFile(caFile, other?.caPem ?? '');
  const access: MysqlConfig = {
    ...config,
    user: 'rotated',
    password: 'old',
    passwordFile,
    ssl: { mode: 'true', caFile },
  };
  const pool = createMysqlPool(access, () => undefined);
  const ask = () => pool.use(5000, (connection) => createSession(connection).rows('SELECT 1 AS one'));
  await expect(ask()).rejects.toThrow('certificate');
  await writeFile(caFile, authority?.caPem ?? '');
  expect(await ask()).toHaveLength(1);
  await execute("SET PASSWORD FOR rotated = PASSWORD('new')");
  expect(await ask()).toHaveLength(1);
  await writeFile(passwordFile, 'new');
  const both = pool.use(5000, async (connection) => [
    ...(await ask()),
    ...(await createSession(connection).rows('SELECT 1 AS one')),
  ]);
  expect(await both).toHaveLength(2);
  await pool.close();
  await admin.close();
});
