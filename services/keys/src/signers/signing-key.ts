import type { PublicJwk, TokenType } from '@tessera/contracts';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { KeyLife } from '../rotation/key-life.ts';
import type { Signer } from './signer.ts';

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
}

/**
 * A signing key from its parts. Access tokens say `typ: at+jwt` (RFC 9068 §2.1); ID tokens carry no `typ`, as Dex's, so that
 * no relying party meets a header it did not meet before.
 */
export function createSigningKey(parts: SigningKeyParts, sign: Signer | undefined): SigningKey {
  const { kid, alg, publicJwk, createdAt, activeAt, retiredAt, goneAt } = parts;
  return {
    kid,
    alg,
    createdAt,
    activeAt,
    ...(retiredAt !== undefined && { retiredAt }),
    ...(goneAt !== undefined && { goneAt }),
    jwk: { ...publicJwk, kid, alg, use: 'sig' },
    headers: { access_token: encodeHeader({ alg, kid, typ: 'at+jwt' }), id_token: encodeHeader({ alg, kid }) },
    sign,
  };
}

function encodeHeader(header: Readonly<Record<string, string>>): string {
  return `${Buffer.from(JSON.stringify(header), 'utf8').toString('base64url')}.`;
}
