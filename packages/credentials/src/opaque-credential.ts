import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeCanonicalBase64url } from './canonical-base64url.ts';
import type { SecretRing, VersionedSecret } from './secret-ring.ts';

/** Length of the authenticator of a credential: HMAC-SHA-256 cut to 160 bits (RFC 2104 §5). */
const MAC_BYTES = 20;
const VERSION_BYTES = 1;

/** One kind of credential. No two kinds share a prefix or a context, so one can never stand for another. */
export interface CredentialKind {
  /** What scanners recognise, with its underscore. */
  readonly prefix: string;
  /** Separates the authenticators of the kinds; never changed once credentials are out. */
  readonly macContext: string;
  readonly minPayloadBytes: number;
  readonly maxPayloadBytes: number;
}

/**
 * Writes a credential: prefix, then base64url of version, payload and authenticator. The same payload under the same
 * version is always the same credential. Throws a `RangeError` on a payload of a length the kind does not have.
 */
export function mintCredential(ring: SecretRing, kind: CredentialKind, payload: Uint8Array): string {
  if (payload.length < kind.minPayloadBytes || payload.length > kind.maxPayloadBytes) {
    throw new RangeError(
      `A ${kind.macContext} has ${kind.minPayloadBytes} to ${kind.maxPayloadBytes} bytes of payload`,
    );
  }
  const body = Buffer.concat([Buffer.of(ring.current.version), payload]);
  return `${kind.prefix}${Buffer.concat([body, macOf(ring.current, kind, body)]).toString('base64url')}`;
}

/**
 * The payload of a genuine credential, undefined for anything else: another kind, a version the ring does not have, a wrong
 * authenticator (compared in constant time), or another spelling of the same bytes.
 */
export function openCredential(ring: SecretRing, kind: CredentialKind, text: string): Buffer | undefined {
  const [minLength, maxLength] = encodedLengths(kind);
  const length = text.length - kind.prefix.length;
  if (length < minLength || length > maxLength || !text.startsWith(kind.prefix)) {
    return undefined;
  }
  const bytes = decodeCanonicalBase64url(text.slice(kind.prefix.length));
  const secret = bytes === undefined ? undefined : ring.find(bytes[0] ?? 0);
  if (bytes === undefined || secret === undefined) {
    return undefined;
  }
  const body = bytes.subarray(0, -MAC_BYTES);
  const isGenuine = timingSafeEqual(bytes.subarray(-MAC_BYTES), macOf(secret, kind, body));
  return isGenuine ? body.subarray(VERSION_BYTES) : undefined;
}

/**
 * The payload a text would have as a credential, genuine or not; undefined for one that cannot be. For what may be
 * guessed without harm, such as the trace a request belongs to, never for a decision.
 */
export function peekCredential(kind: CredentialKind, text: string): Buffer | undefined {
  const [minLength, maxLength] = encodedLengths(kind);
  const length = text.length - kind.prefix.length;
  if (length < minLength || length > maxLength || !text.startsWith(kind.prefix)) return undefined;
  return decodeCanonicalBase64url(text.slice(kind.prefix.length))?.subarray(VERSION_BYTES, -MAC_BYTES);
}

/** A global expression that finds credentials of a kind in any text, for secret scanners and log scrubbers. */
export function credentialPattern(kind: CredentialKind): RegExp {
  const [minLength, maxLength] = encodedLengths(kind);
  const quantity = minLength === maxLength ? `${minLength}` : `${minLength},${maxLength}`;
  return new RegExp(`(?<![A-Za-z0-9_-])${kind.prefix}[A-Za-z0-9_-]{${quantity}}(?![A-Za-z0-9_-])`, 'g');
}

function encodedLengths(kind: CredentialKind): [min: number, max: number] {
  const encoded = (payloadBytes: number) => Math.ceil(((VERSION_BYTES + payloadBytes + MAC_BYTES) * 4) / 3);
  return [encoded(kind.minPayloadBytes), encoded(kind.maxPayloadBytes)];
}

function macOf(secret: VersionedSecret, kind: CredentialKind, body: Uint8Array): Buffer {
  return createHmac('sha256', secret.key)
    .update(`${kind.macContext}\0`, 'utf8')
    .update(body)
    .digest()
    .subarray(0, MAC_BYTES);
}
