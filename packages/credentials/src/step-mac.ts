import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeCanonicalBase64url } from './canonical-base64url.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import type { SecretRing, VersionedSecret } from './secret-ring.ts';

const MAC_CONTEXT = 'tessera step';
const MAC_BYTES = 32;

/**
 * An unguessable value for one step of a flow, e.g. of the flow id and the step's name: base64url of the key's version
 * and an HMAC-SHA-256 over the labels, each with its length, so no two lists of labels share a value.
 */
export function stepMac(ring: SecretRing, ...labels: readonly string[]): string {
  return Buffer.concat([Buffer.of(ring.current.version), macOf(ring.current, labels)]).toString('base64url');
}

/** Whether `mac` was made by {@link stepMac} for exactly these labels; in constant time. Never throws. */
export function verifyStepMac(ring: SecretRing, mac: string, ...labels: readonly string[]): boolean {
  const bytes = decodeCanonicalBase64url(mac);
  const secret = bytes?.length === 1 + MAC_BYTES ? ring.find(bytes[0] ?? 0) : undefined;
  return bytes !== undefined && secret !== undefined && timingSafeEqual(bytes.subarray(1), macOf(secret, labels));
}

function macOf(secret: VersionedSecret, labels: readonly string[]): Buffer {
  return createHmac('sha256', secret.key)
    .update(lengthPrefixed([MAC_CONTEXT, ...labels]))
    .digest();
}
