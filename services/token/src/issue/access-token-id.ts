import { randomBytes } from 'node:crypto';

const GRANT_BYTES = 16;
const RANDOM_BYTES = 8;
const TOKEN_ID = /^[A-Za-z0-9_-]{32}$/;

/**
 * A `jti` for an access token (RFC 9068 §2.2): base64url of the grant's id and 8 random bytes, so that whoever verified the
 * token knows the grant behind it without a look-up table. `grantId` is a UUID.
 */
export function createAccessTokenId(grantId: string): string {
  const grant = Buffer.from(grantId.replaceAll('-', ''), 'hex');
  return Buffer.concat([grant, randomBytes(RANDOM_BYTES)]).toString('base64url');
}

/** The grant's UUID inside a `jti` of {@link createAccessTokenId}; undefined for anything of another shape. */
export function grantIdOfAccessToken(tokenId: string): string | undefined {
  if (!TOKEN_ID.test(tokenId)) return undefined;
  const hex = Buffer.from(tokenId, 'base64url').toString('hex', 0, GRANT_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
