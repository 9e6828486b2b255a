// What the secrets of a deployment are, wherever they are kept.

import { randomBytes } from 'node:crypto';

/** The services, each of which has a certificate. */
export const SERVICES = ['authorize', 'token', 'keys', 'federation', 'storage', 'events'];

/** How long the certificates of a trial are valid. */
export const CERTIFICATE_DAYS = 825;

/**
 * The name in the certificate of a service, by which the others know it.
 *
 * @param {string} service
 */
export function certificateName(service) {
  return `${service}.tessera.internal`;
}

/** A password that needs no quotes anywhere. */
export function freshPassword() {
  return randomBytes(24).toString('hex');
}

/** The content of the file `keyEncryption.file`. */
export function freshKeyEncryptionKey() {
  return `${randomBytes(32).toString('base64')}\n`;
}

/**
 * The configuration of a Redis that asks for the password, forgets nothing while it runs and everything when it ends.
 *
 * @param {string} password
 */
export function redisSettings(password) {
  const settings = [`requirepass ${password}`, 'save ""', 'appendonly no', 'maxmemory-policy noeviction', 'dir /tmp'];
  return `${settings.join('\n')}\n`;
}
