// Makes the secrets of a deployment of several services, once: certificates for mutual TLS between them, the key that
// private signing keys are encrypted under, and the passwords of PostgreSQL, Redis, the sample directory and Grafana.
//
//   node first-secrets.mjs DIRECTORY     writes into folders of it, one for each container that needs something:
//     authorize token keys federation storage events   ca.pem, tls.pem and tls.key of the service
//     keys          key-encryption.key
//     postgres      password               also read by storage
//     redis         redis.conf, password   also read by storage
//     directory     tls.pem, tls.key       of the same authority, for the sample directory
//     directory-bind password              also read by federation
//     grafana       password               of its administrator
//
// What exists is left as it is. Where a service has no certificate, because it is newer than the others, all get new ones,
// since the key of their authority was never written down. Remove the folders (docker compose down --volumes) to begin anew.

import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from './certificates.mjs';
import {
  CERTIFICATE_DAYS,
  certificateName,
  freshKeyEncryptionKey,
  freshPassword,
  redisSettings,
  SERVICES,
} from './fresh-secrets.mjs';

/** What else has a certificate, by which only its clients know it: it opens nothing at the services. */
const SERVERS = ['directory'];
/** The user that services run as. */
const TESSERA = 1001;

/**
 * Writes a file that the services' user alone may read, or, in a folder that only two containers of different users
 * share, everybody in these. It is there as a whole, or not at all.
 *
 * @param {string} file
 * @param {string} content
 * @param {{isShared?: boolean}} [options]
 */
function write(file, content, { isShared = false } = {}) {
  const unfinished = `${file}.new`;
  // Left by an attempt that did not come to its end, and not ours to write over.
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, content, { mode: isShared ? 0o444 : 0o400 });
  if (process.getuid?.() === 0) chownSync(unfinished, TESSERA, TESSERA);
  renameSync(unfinished, file);
}

/**
 * Writes a file unless it is there.
 *
 * @param {string} file
 * @param {() => string} content
 * @param {{isShared?: boolean}} [options]
 * @returns {boolean} whether it was written
 */
function keep(file, content, options) {
  if (existsSync(file)) return false;
  write(file, content(), options);
  return true;
}

/**
 * @param {(name: string) => string} folder
 * @returns {boolean} whether any were written
 */
function keepCertificates(folder) {
  const keys = [...SERVICES, ...SERVERS].map((name) => join(folder(name), 'tls.key'));
  if (keys.every((file) => existsSync(file))) return false;
  // All or none are of one authority, also when this does not come to its end.
  for (const file of keys) rmSync(file, { force: true });
  const authority = createAuthority(CERTIFICATE_DAYS);
  for (const service of SERVICES) {
    write(join(folder(service), 'ca.pem'), authority.certificate);
    writeIssued(folder(service), authority.issue(certificateName(service)));
  }
  for (const server of SERVERS) writeIssued(folder(server), authority.issue(server));
  return true;
}

/**
 * @param {string} folder
 * @param {import('./certificates.mjs').Issued} issued
 */
function writeIssued(folder, { certificate, key }) {
  write(join(folder, 'tls.pem'), certificate);
  write(join(folder, 'tls.key'), key);
}

/**
 * @param {string} directory
 * @returns {boolean} whether anything was written
 */
function keepSecrets(directory) {
  /** @param {string} name */
  const folder = (name) => join(directory, name);
  const folders = [...SERVICES, ...SERVERS, 'postgres', 'redis', 'directory-bind', 'grafana'];
  for (const name of folders) mkdirSync(folder(name), { recursive: true });
  const redisPassword = join(folder('redis'), 'password');
  const settings = () => redisSettings(readFileSync(redisPassword, 'utf8'));
  const written = [
    keepCertificates(folder),
    keep(join(folder('keys'), 'key-encryption.key'), freshKeyEncryptionKey),
    keep(join(folder('postgres'), 'password'), freshPassword, { isShared: true }),
    keep(redisPassword, freshPassword, { isShared: true }),
    keep(join(folder('redis'), 'redis.conf'), settings, { isShared: true }),
    keep(join(folder('directory-bind'), 'password'), freshPassword),
    keep(join(folder('grafana'), 'password'), freshPassword, { isShared: true }),
  ];
  return written.includes(true);
}

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: first-secrets.mjs DIRECTORY\n');
  process.exitCode = 2;
} else {
  const isNew = keepSecrets(directory);
  process.stdout.write(isNew ? 'Made the secrets of this deployment.\n' : 'The secrets exist already.\n');
}
