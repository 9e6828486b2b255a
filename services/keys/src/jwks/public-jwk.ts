import type { PublicJwk } from '@tessera/contracts';

/** What every published key may say about itself (RFC 7517 §4), in the order of publication. */
const ABOUT_THE_KEY = ['kty', 'use', 'alg', 'kid'] as const;

/** What makes a public key, by its type (RFC 7518 §6.2.1 and §6.3.1, RFC 8037 §2). */
const OF_THE_KEY: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
]);

/**
 * A key as it is published: the members that are known to be public, and no others, whatever the custodian of its private half
 * has given (RFC 7517 §9.2). Throws TypeError for a key that is not of a public type, as a symmetric one.
 */
export function publicJwk(jwk: PublicJwk): PublicJwk {
  const members = OF_THE_KEY.get(jwk['kty']);
  if (members === undefined) throw new TypeError('a key of no public type is not published');
  const names = [...ABOUT_THE_KEY, ...members, 'x5c'].filter((name) => jwk[name] !== undefined);
  return { ...Object.fromEntries(names.map((name) => [name, jwk[name]])), kid: jwk.kid, alg: jwk.alg };
}
