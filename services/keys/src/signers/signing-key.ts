import type { PublicJwk, TokenType } from '@tessera/contracts';
import type { SigningAlgorithm } from '@tessera/oauth';
import { type KeyLife, lifeOf } from '../rotation/key-life.ts';
import type { Signer } from './custodian.ts';

/** A signing key in memory, parsed once. */
export interface SigningKey extends KeyLife {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** With `kid`, `alg` and `use` (RFC 7517 §4). */
  readonly jwk: PublicJwk;
  /** The encoded protected header and its dot, for each type of token. */
  readonly headers: Readonly<Record<TokenType, string>>;
  /** Undefined once the private half was given up. */
  readonly sign: Signer | undefined;
}

/** What a signing key is made of. */
export interface SigningKeyParts extends KeyLife {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly x5c?: readonly string[];
}

/**
 * The header `typ` of each type of token (RFC 8725 §3.11): RFC 9068 §2.1, OIDC Back-Channel Logout §2.4, RFC 9701 §5; what has
 * no type of its own says `JWT` (RFC 7519 §5.1).
 */
const TYP: Readonly<Record<TokenType, string>> = {
  access_token: 'at+jwt',
  id_token: 'JWT',
  logout_token: 'logout+jwt',
  userinfo: 'JWT',
  introspection: 'token-introspection+jwt',
};

/** A signing key from its parts. */
export function createSigningKey(parts: SigningKeyParts, sign: Signer | undefined): SigningKey {
  const { kid, alg, publicJwk, x5c } = parts;
  return {
    kid,
    alg,
    ...lifeOf(parts),
    jwk: { ...publicJwk, kid, alg, use: 'sig', ...(x5c !== undefined && { x5c }) },
    headers: {
      access_token: encodeHeader({ alg, kid, typ: TYP.access_token }),
      id_token: encodeHeader({ alg, kid, typ: TYP.id_token }),
      logout_token: encodeHeader({ alg, kid, typ: TYP.logout_token }),
      userinfo: encodeHeader({ alg, kid, typ: TYP.userinfo }),
      introspection: encodeHeader({ alg, kid, typ: TYP.introspection }),
    },
    sign,
  };
}

function encodeHeader(header: Readonly<Record<string, string>>): string {
  return `${Buffer.from(JSON.stringify(header), 'utf8').toString('base64url')}.`;
}
