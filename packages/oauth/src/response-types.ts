import type { ClientSettings } from './client-settings.ts';

/** Whether a list has a response type; its words may stand in any order (OAuth 2.0 Multiple Response Types §3). */
export function includesResponseType(types: readonly string[], words: ReadonlySet<string>): boolean {
  return types.some((type) => {
    const known = new Set(type.split(' '));
    return known.size === words.size && [...known].every((word) => words.has(word));
  });
}

/** Whether a client may use a response type: its `responseTypes` must have it, and its `grantTypes` every grant that it is part of. */
export function mayUseResponseType(
  { responseTypes, grantTypes }: Pick<ClientSettings, 'responseTypes' | 'grantTypes'>,
  words: ReadonlySet<string>,
): boolean {
  const grants = [...words].map((word) => (word === 'code' ? 'authorization_code' : 'implicit'));
  return (
    (responseTypes === undefined || includesResponseType(responseTypes, words)) &&
    (grantTypes === undefined || grants.every((grant) => grantTypes.includes(grant)))
  );
}
