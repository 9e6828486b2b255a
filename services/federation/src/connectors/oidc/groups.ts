import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';
import { type Claims, preferredClaim } from './claim.ts';
import type { OidcSettings } from './config.ts';

/**
 * The groups of a person by Dex's rules: the claim when groups are switched on, filtered, only the allowed ones when there
 * is such a list; then groups made of other claims; then prefix and suffix around them all. Throws `notInRequiredGroups`.
 */
export function readGroups(claims: Claims, settings: OidcSettings): readonly string[] {
  const { newGroupFromClaims, modifyGroupNames } = settings.config.claimModifications;
  const groups = settings.config.insecureEnableGroups ? allowedGroups(claims, settings) : [];
  const made = newGroupFromClaims.flatMap((rule) => makeGroup(claims, rule));
  const { prefix, suffix } = modifyGroupNames;
  return [...new Set([...groups, ...made])].map((group) => `${prefix}${group}${suffix}`);
}

function allowedGroups(claims: Claims, settings: OidcSettings): readonly string[] {
  const groups = claimedGroups(claims, settings);
  const { allowedGroups: allowed } = settings.config;
  if (allowed.length === 0) return groups;
  const matching = groups.filter((group) => allowed.includes(group));
  if (matching.length === 0) throw signInError('notInRequiredGroups', 'the person is in none of allowedGroups');
  return matching;
}

function claimedGroups(claims: Claims, { config, groupsFilter }: OidcSettings): readonly string[] {
  const { name, value } = preferredClaim(claims, {
    name: 'groups',
    mapped: config.claimMapping.groups,
    isOverriding: config.overrideClaimMapping,
    isUsable: Array.isArray,
  });
  const items = Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
  const names = items.flatMap((item: unknown) => {
    if (typeof item === 'string') return [item];
    if (typeof item !== 'object' || item === null)
      throw upstreamMisconfigured(`the claim ${name} is not a list of groups`);
    const { name: groupName } = item as { readonly name?: unknown };
    return typeof groupName === 'string' ? [groupName] : [];
  });
  return groupsFilter === undefined ? names : names.filter((group) => groupsFilter.test(group));
}

type GroupRule = OidcSettings['config']['claimModifications']['newGroupFromClaims'][number];

function makeGroup(
  claims: Claims,
  { claims: sources, delimiter, clearDelimiter, prefix }: GroupRule,
): readonly string[] {
  const values = sources.map((source) => claims[source]).filter((value) => typeof value === 'string');
  if (values.length === 0) return [];
  const cleared = clearDelimiter && delimiter !== '' ? values.map((value) => value.replaceAll(delimiter, '')) : values;
  return [[prefix, ...cleared].join(delimiter)];
}
