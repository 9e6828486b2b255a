// Makes the secrets of a deployment of several services, once: certificates for mutual TLS between them, the key that
// private signing keys are encrypted under, and the passwords of PostgreSQL and Redis.
//
//   node first-secrets.mjs DIRECTORY     writes into folders of it, one for each container that needs something:
//     authorize token keys federation storage   ca.pem, tls.pem and tls.key of the service
//     keys          key-encryption.key
//     postgres      password               also read by storage
//     redis         redis.conf, password   also read by storage
//
// What exists is left as it is. Remove the folders (docker compose down --volumes) to begin anew.

import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from './certificates.mjs';

const SERVICES = ['authorize', 'token', 'keys', 'federation', 'storage'];
const DAYS = 825;
/** The user that services run as. */
const TESSERA = 1001;

/**
 * Writes a file that the services' user alone may read, or, in a folder that only two containers of different users
 * share, everybody in these.
 *
 * @param {string} file
 * @param {string} content
 * @param {{isShared?: boolean}} [options]
 */
function write(file, content, { isShared = false } = {}) {
  // Left by an attempt that did not come to its end, and not ours to write over.
  rmSync(file, { force: true });
  writeFileSync(file, content, { mode: isShared ? 0o444 : 0o400 });
  if (process.getuid?.() === 0) chownSync(file, TESSERA, TESSERA);
}

/** @param {string} directory */
function writeSecrets(directory) {
  const folder = (name) => join(directory, name);
  for (const name of [...SERVICES, 'postgres', 'redis']) mkdirSync(folder(name), { recursive: true });
  const authority = createAuthority(DAYS);
  for (const service of SERVICES) {
    const { certificate, key } = authority.issue(`${service}.tessera.internal`);
    write(join(folder(service), 'ca.pem'), authority.certificate);
    write(join(folder(service), 'tls.pem'), certificate);
    write(join(folder(service), 'tls.key'), key);
  }
  write(join(folder('keys'), 'key-encryption.key'), `${randomBytes(32).toString('base64')}\n`);
  write(join(folder('postgres'), 'password'), randomBytes(24).toString('hex'), { isShared: true });
  const password = randomBytes(24).toString('hex');
  write(join(folder('redis'), 'password'), password, { isShared: true });
  const settings = [`requirepass ${password}`, 'save ""', 'appendonly no', 'maxmemory-policy noeviction', 'dir /tmp'];
  write(join(folder('redis'), 'redis.conf'), `${settings.join('\n')}\n`, { isShared: true });
}

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: first-secrets.mjs DIRECTORY\n');
  process.exitCode = 2;
  // Written last.
} else if (existsSync(join(directory, 'redis', 'redis.conf'))) {
  process.stdout.write('The secrets exist already.\n');
} else {
  writeSecrets(directory);
  process.stdout.write('Made the secrets of this deployment.\n');
}
