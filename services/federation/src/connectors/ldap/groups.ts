import type { LdapConnectorConfig } from '@tessera/config';
import type { Entry } from 'ldapts';
import { upstreamMisconfigured } from '../../sign-in-errors.ts';
import type { LdapConnection } from './connection.ts';
import { attributeNames, attributeValue, attributeValues } from './entry.ts';
import { matchAny } from './filter.ts';

type GroupSearch = NonNullable<LdapConnectorConfig['groupSearch']>;

/** Levels of groups within groups. */
const MAX_DEPTH = 20;
/** Groups of one person, each counted once. */
const MAX_GROUPS = 2000;
/** Conditions of one search. */
const CONDITIONS_PER_SEARCH = 50;

/**
 * The names of a person's groups, each once: by each matcher the groups that hold the person's attribute, and with
 * `recursionGroupAttr` the groups that hold those, upwards. A circle ends where it began; too many levels or groups are
 * an error, because a shortened list could take a right away or leave a ban out (N87).
 */
export async function findGroups(
  connection: LdapConnection,
  groupSearch: GroupSearch | undefined,
  person: Entry,
): Promise<readonly string[]> {
  if (groupSearch === undefined) return [];
  const names = new Set<string>();
  for (const { userAttr, groupAttr, recursionGroupAttr } of groupSearch.userMatchers) {
    const seen = new Set<string>();
    let wanted = attributeValues(person, userAttr);
    let attribute = groupAttr;
    for (let depth = 0; wanted.length > 0; depth += 1) {
      if (depth > MAX_DEPTH) throw upstreamMisconfigured(`groups are nested more than ${MAX_DEPTH} levels deep`);
      const found = await searchGroups(connection, groupSearch, attribute, wanted);
      const fresh = found.filter(({ dn }) => !seen.has(dn));
      for (const group of fresh) {
        seen.add(group.dn);
        names.add(nameOf(group, groupSearch));
      }
      if (seen.size > MAX_GROUPS) throw upstreamMisconfigured(`a person is in more than ${MAX_GROUPS} groups`);
      attribute = recursionGroupAttr ?? '';
      wanted = attribute === '' ? [] : [...new Set(fresh.map(({ dn }) => dn))];
    }
  }
  return [...names];
}

async function searchGroups(
  connection: LdapConnection,
  { baseDN, scope, filter, nameAttr }: GroupSearch,
  attribute: string,
  values: readonly string[],
): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (let start = 0; start < values.length; start += CONDITIONS_PER_SEARCH) {
    const conditions = values.slice(start, start + CONDITIONS_PER_SEARCH).map((value) => [attribute, value] as const);
    const entries = await connection.search({
      baseDn: baseDN,
      scope,
      filter: matchAny(filter, conditions),
      attributes: attributeNames([nameAttr]),
      maxEntries: MAX_GROUPS,
    });
    found.push(...entries);
  }
  return found;
}

function nameOf(group: Entry, { nameAttr }: GroupSearch): string {
  const name = attributeValue(group, nameAttr);
  if (name === undefined) throw upstreamMisconfigured(`the group ${group.dn} has no ${nameAttr}`);
  return name;
}
