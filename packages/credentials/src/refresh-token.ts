import { type CredentialKind, credentialPattern, mintCredential, openCredential } from './opaque-credential.ts';
import type { SecretRing } from './secret-ring.ts';

/** Highest generation of a refresh token: it has four bytes. */
export const MAX_GENERATION = 0xffff_ffff;

/** What a refresh token says: its grant, and how often the grant's token was rotated before it. */
export interface RefreshTokenContent {
  /** UUID in lower case. */
  readonly grantId: string;
  /** 0 to {@link MAX_GENERATION}. */
  readonly generation: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_BYTES = 16;
const GENERATION_BYTES = 4;

const KIND: CredentialKind = {
  prefix: 'tsr_',
  macContext: 'tessera refresh token',
  minPayloadBytes: UUID_BYTES + GENERATION_BYTES,
  maxPayloadBytes: UUID_BYTES + GENERATION_BYTES,
};

/** Finds refresh tokens in a text. */
export function refreshTokenPattern(): RegExp {
  return credentialPattern(KIND);
}

/**
 * Writes the refresh token of one generation of a grant. Under one current key the result is always the same, so a lost
 * answer can be given again. Throws a `RangeError` when `grantId` is no UUID in lower case or `generation` is out of range.
 */
export function mintRefreshToken(ring: SecretRing, { grantId, generation }: RefreshTokenContent): string {
  if (!UUID.test(grantId)) {
    throw new RangeError('A grant id is a UUID in lower case');
  }
  if (!Number.isInteger(generation) || generation < 0 || generation > MAX_GENERATION) {
    throw new RangeError(`A generation is a whole number from 0 to ${MAX_GENERATION}`);
  }
  const payload = Buffer.alloc(UUID_BYTES + GENERATION_BYTES);
  payload.write(grantId.replaceAll('-', ''), 'hex');
  payload.writeUInt32BE(generation, UUID_BYTES);
  return mintCredential(ring, KIND, payload);
}

/** Reads a refresh token that this issuer made; undefined for any other text. No store is asked. Never throws. */
export function parseRefreshToken(ring: SecretRing, token: string): RefreshTokenContent | undefined {
  const payload = openCredential(ring, KIND, token);
  if (payload === undefined) {
    return undefined;
  }
  const hex = payload.toString('hex', 0, UUID_BYTES);
  const grantId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return { grantId, generation: payload.readUInt32BE(UUID_BYTES) };
}
