import type { LdapConnectorConfig } from '@tessera/config';
import type { Identity } from '@tessera/oauth';
import type { Entry } from 'ldapts';
import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';
import type { LdapConnection } from './connection.ts';
import { attributeNames, attributeValue } from './entry.ts';
import { matchAny } from './filter.ts';

/** More people of one name are not even counted. */
const MAX_NAMESAKES = 10;

/** The one entry with this user name. Undefined when there is none; throws `userAmbiguous` when there are several. */
export async function findPerson(
  connection: LdapConnection,
  { userSearch, groupSearch }: LdapConnectorConfig,
  username: string,
): Promise<Entry | undefined> {
  const { baseDN, scope, filter, idAttr, emailAttr, nameAttr, preferredUsernameAttr } = userSearch;
  const matched = groupSearch?.userMatchers.map(({ userAttr }) => userAttr) ?? [];
  const entries = await connection.search({
    baseDn: baseDN,
    scope,
    filter: matchAny(
      filter,
      userSearch.username.map((attribute) => [attribute, username]),
    ),
    attributes: attributeNames([idAttr, emailAttr, nameAttr, preferredUsernameAttr, ...matched]),
    maxEntries: MAX_NAMESAKES,
  });
  if (entries.length > 1) {
    const count = entries.length > MAX_NAMESAKES ? `more than ${MAX_NAMESAKES}` : entries.length;
    throw signInError('userAmbiguous', `${count} entries below ${baseDN} have the name that was typed`);
  }
  return entries[0];
}

/** Who an entry is. Throws `federation.upstream_misconfigured` when an attribute the configuration names is missing. */
export function toIdentity(entry: Entry, { userSearch }: LdapConnectorConfig): Identity {
  const missing: string[] = [];
  const read = (attribute: string | undefined): string => {
    if (attribute === undefined || attribute === '') return '';
    const value = attributeValue(entry, attribute);
    if (value === undefined) missing.push(attribute);
    return value ?? '';
  };
  const userId = read(userSearch.idAttr);
  const username = read(userSearch.nameAttr);
  const preferredUsername = read(userSearch.preferredUsernameAttr);
  const suffix = userSearch.emailSuffix ?? '';
  const email = suffix === '' ? read(userSearch.emailAttr ?? 'mail') : `${username || userId}@${suffix}`;
  if (missing.length > 0) {
    throw upstreamMisconfigured(
      `the entry ${entry.dn} has no text in ${missing.join(', ')}, which userSearch asks for`,
    );
  }
  return { userId, username, preferredUsername, email, emailVerified: true, groups: [], claims: {} };
}
