import { Filter } from 'ldapts';

/** A condition `attribute = value`. */
export type LdapCondition = readonly [attribute: string, value: string];

/**
 * A filter (RFC 4515) for entries that match `base`, when there is one, and any of the conditions. Values are escaped,
 * attribute names are the configuration's.
 */
export function matchAny(base: string | undefined, conditions: readonly LdapCondition[]): string {
  const parts = conditions.map(([attribute, value]) => `(${attribute}=${Filter.escape(value)})`);
  const any = parts.length === 1 ? parts.join('') : `(|${parts.join('')})`;
  return base === undefined || base.trim() === '' ? any : `(&${base.trim()}${any})`;
}
