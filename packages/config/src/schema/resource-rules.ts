import { KNOWN_SCOPES, PEER_SCOPE_PREFIX } from '@tessera/oauth';
import type * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { ConfigPath } from '../problem.ts';
import { formatPath } from '../problem.ts';
import { checkClaimMappings } from './claim-names.ts';
import { choiceFault, isOn } from './fields.ts';
import { type Partially, presentItems } from './partially.ts';
import type { resourcesSchema } from './resources.ts';
import { checkSecrets, warnAboutSecrets } from './secrets.ts';

type Resources = Partially<z.input<typeof resourcesSchema>>;

/** What the block is judged beside. */
export interface ResourceSurroundings {
  /** Algorithms that tokens are signed with. */
  readonly algorithms: readonly string[];
  readonly clientIds: ReadonlySet<string>;
}

/** Every scope that a client may be given by name. */
export function knownScopes(resources: Resources): readonly string[] {
  const own = [...presentItems(resources?.identityResources), ...presentItems(resources?.apiScopes)];
  return [...KNOWN_SCOPES, ...own.flatMap(([, { name }]) => (name === undefined ? [] : [name]))];
}

/** Rules within and between scopes and APIs. */
export function checkResources(resources: Resources, surroundings: ResourceSurroundings, report: Report): void {
  const seen = new Map<string, ConfigPath>();
  for (const kind of ['identityResources', 'apiScopes'] as const) {
    for (const [index, scope] of presentItems(resources?.[kind])) {
      const path = ['resources', kind, index];
      checkScopeName(scope.name, [...path, 'name'], seen, report);
      checkClaimMappings(scope.claimMappings, [...path, 'claimMappings'], report);
    }
  }
  checkApiResources(resources, surroundings, report);
}

function checkScopeName(
  name: string | undefined,
  path: ConfigPath,
  seen: Map<string, ConfigPath>,
  report: Report,
): void {
  if (name === undefined) return;
  const earlier = seen.get(name);
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name)) {
    report.derived(path, 'must be visible ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)');
  } else if ((KNOWN_SCOPES as readonly string[]).includes(name) || name.startsWith(PEER_SCOPE_PREFIX)) {
    report.derived(path, `is "${name}", a scope with a meaning of its own; choose another name`);
  } else if (earlier !== undefined) report.derived(path, `is the same as ${formatPath(earlier)}`);
  else seen.set(name, path);
}

function checkApiResources(
  resources: Resources,
  { algorithms, clientIds }: ResourceSurroundings,
  report: Report,
): void {
  const apiScopes = presentItems(resources?.apiScopes).flatMap(([, { name }]) => (name === undefined ? [] : [name]));
  const seen = new Map<string, number>();
  for (const [index, api] of presentItems(resources?.apiResources)) {
    const path = ['resources', 'apiResources', index];
    checkSecrets(api.secrets, [...path, 'secrets'], report);
    for (const [position, scope] of presentItems(api.scopes)) {
      const fault =
        apiScopes.length === 0 ? 'is not in resources.apiScopes, which is empty' : choiceFault(scope, apiScopes);
      if (fault !== undefined) report.derived([...path, 'scopes', position], fault);
    }
    for (const [position, algorithm] of presentItems(api.signingAlgorithms)) {
      if (!algorithms.includes(algorithm))
        report.derived([...path, 'signingAlgorithms', position], notSigned(algorithm, algorithms));
    }
    if (api.name === undefined) continue;
    const earlier = seen.get(api.name);
    const namePath = [...path, 'name'];
    if (earlier !== undefined) report.derived(namePath, `is the same as resources.apiResources[${earlier}].name`);
    else seen.set(api.name, index);
    // Both sign in at the introspection endpoint, and both are audiences.
    if (clientIds.has(api.name)) report.derived(namePath, 'is the id of a client as well; choose another name');
    if (isOn(api.requireResourceIndicator) && !isResourceIndicator(api.name))
      report.derived(
        namePath,
        'must be an absolute URI without a fragment with requireResourceIndicator (RFC 8707 §2)',
      );
  }
}

/** The message for an algorithm that there are no keys for. */
export function notSigned(algorithm: string, algorithms: readonly string[]): string {
  return `is ${algorithm}, which signer.config.algorithms does not have (${algorithms.join(', ')})`;
}

function isResourceIndicator(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]+$/.test(name) && URL.canParse(name);
}

/** Secrets that have ended. */
export function warnAboutResources(resources: z.output<typeof resourcesSchema>, now: Date, report: Report): void {
  for (const [index, { secrets }] of resources.apiResources.entries())
    warnAboutSecrets(secrets, ['resources', 'apiResources', index, 'secrets'], now, report);
}
