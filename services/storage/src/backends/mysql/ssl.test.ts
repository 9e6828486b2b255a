import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority, createTempDirectory, startMariadb } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createMysqlPool } from './pool.ts';
import { createSession } from './session.ts';
import { type MysqlConfig, sslOptions } from './ssl.ts';

const config: MysqlConfig = {
  type: 'mysql',
  host: 'localhost',
  port: 3306,
  database: 'mysql',
  user: 'x',
  password: 'x',
  connectionTimeoutSeconds: 5,
  maxOpenConns: 1,
  ssl: { mode: 'true' },
};

test('without TLS, and on a socket, there are no options; a missing file and an address to verify are named', () => {
  expect(sslOptions({ ...config, ssl: { mode: 'false' } }, {})).toBeUndefined();
  expect(sslOptions({ ...config, host: '/run/mysqld.sock' }, {})).toBeUndefined();
  const missing: MysqlConfig = { ...config, ssl: { mode: 'true', caFile: '/nowhere/ca.pem' } };
  expect(() => createMysqlPool(missing, () => undefined)).toThrow('/nowhere/ca.pem');
  expect(() => sslOptions({ ...config, host: '127.0.0.1' }, {})).toThrow('host is the name in its certificate');
});

/** The cipher of a connection, or why there is none. */
async function cipherOf(access: MysqlConfig): Promise<unknown> {
  const pool = createMysqlPool(access, () => undefined);
  try {
    const sql = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
    const [row] = await pool.use(5000, (connection) => createSession(connection).rows<{ readonly Value: string }>(sql));
    return row?.Value;
  } catch (thrown) {
    return (thrown as Error).message;
  } finally {
    await pool.close();
  }
}

test('each mode of TLS verifies what its name says', { timeout: 30_000 }, async () => {
  await using folder = await createTempDirectory('mysql-tls');
  const authority = await createCertificateAuthority('authority');
  const caFile = join(folder.path, 'ca.pem');
  await writeFile(caFile, authority.caPem);
  const serverWith = async (name: string) => {
    const { certPem, keyPem } = await authority.issue({ commonName: name, dnsNames: [name] });
    const tls = { certFile: join(folder.path, `${name}.pem`), keyFile: join(folder.path, `${name}.key`) };
    await writeFile(tls.certFile, certPem);
    await writeFile(tls.keyFile, keyPem);
    return startMariadb({ fsync: false, tls });
  };
  await using own = await serverWith('localhost');
  await using other = await serverWith('other.example');
  const access = (server: typeof own, ssl: MysqlConfig['ssl']): MysqlConfig => ({
    ...config,
    port: server.port,
    user: server.user,
    password: server.password,
    ssl,
  });
  expect(await cipherOf(access(own, { mode: 'false' }))).toBe('');
  expect(await cipherOf(access(own, { mode: 'true', caFile }))).toMatch(/^TLS_/);
  expect(await cipherOf(access(other, { mode: 'skip-verify' }))).toMatch(/^TLS_/);
  expect(await cipherOf(access(own, { mode: 'true' }))).toContain('certificate');
  expect(await cipherOf(access(other, { mode: 'true', caFile }))).toContain('altnames');
});
