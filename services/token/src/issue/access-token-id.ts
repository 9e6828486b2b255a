import { randomBytes } from 'node:crypto';
import { TOKEN_NUMBER_BYTES } from '@tessera/credentials';

const GRANT_BYTES = 16;
const TOKEN_ID = /^[A-Za-z0-9_-]{32}$/;
const GRANTLESS_BYTES = 16;
const GRANTLESS_ID = /^[A-Za-z0-9_-]{22}$/;

/** The 8 random bytes that tell the access tokens of a grant apart. */
export function createTokenNumber(): Uint8Array {
  return randomBytes(TOKEN_NUMBER_BYTES);
}

/**
 * A `jti` for an access token (RFC 9068 §2.2): base64url of the grant's id and a random number, so that whoever verified the
 * token knows the grant behind it without a look-up table. `grantId` is a UUID.
 */
export function createAccessTokenId(grantId: string, number: Uint8Array = createTokenNumber()): string {
  const grant = Buffer.from(grantId.replaceAll('-', ''), 'hex');
  return Buffer.concat([grant, number]).toString('base64url');
}

/** The grant's UUID inside a `jti` of {@link createAccessTokenId}; undefined for anything of another shape. */
export function grantIdOfAccessToken(tokenId: string): string | undefined {
  if (!TOKEN_ID.test(tokenId)) return undefined;
  const hex = Buffer.from(tokenId, 'base64url').toString('hex', 0, GRANT_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A `jti` for an access token without a grant: a client's for itself. Its shape is that of no other. */
export function createGrantlessTokenId(): string {
  return randomBytes(GRANTLESS_BYTES).toString('base64url');
}

/** Whether a `jti` is one of {@link createGrantlessTokenId}. */
export function isGrantlessTokenId(tokenId: string): boolean {
  return GRANTLESS_ID.test(tokenId);
}
