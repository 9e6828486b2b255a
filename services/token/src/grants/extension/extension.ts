import { OAuthError } from '@tessera/errors';
import type { TokenServiceOptions } from '../../ports.ts';
import { type DirectGrantDependencies, issueDirectly } from '../direct-grant.ts';
import { type GrantDefinition, type GrantHandler, invalidGrant } from '../grant-handler.ts';
import { grantTypes } from '../grant-types.ts';
import { type AccessDependencies, invalidScope, judgeAccess } from '../requested-access.ts';
import { assertGrantStands } from '../standing.ts';
import type { ExtensionGrant } from './extension-grant.ts';

/** What extension grants need. */
export type ExtensionDependencies = AccessDependencies &
  DirectGrantDependencies &
  Pick<TokenServiceOptions, 'connectors' | 'logger'>;

/**
 * The rows of extension grants. Throws a `RangeError` for a name that is no absolute URI (RFC 6749 §4.5) or is one of ours.
 */
export function createExtensionGrants(
  extensions: ReadonlyMap<string, ExtensionGrant>,
  dependencies: ExtensionDependencies,
): readonly (readonly [string, GrantDefinition])[] {
  return [...extensions].map(([name, extension]) => {
    if (!URL.canParse(name)) throw new RangeError(`the extension grant "${name}" is not named by an absolute URI`);
    if (Object.values(grantTypes).some((own) => own === name))
      throw new RangeError(`the grant "${name}" is there already`);
    const definition: GrantDefinition = {
      admits: extension.admitsPublicClients ? 'all' : 'confidential',
      needsConnectors: true,
      isForAllByDefault: false,
      handle: createHandler(name, extension, dependencies),
    };
    return [name, definition] as const;
  });
}

function createHandler(
  grantType: string,
  extension: ExtensionGrant,
  dependencies: ExtensionDependencies,
): GrantHandler {
  return async ({ form, client, now }) => {
    const outcome = await extension.judge({ form, client, now });
    if (!outcome.ok) throw new OAuthError({ error: outcome.error, description: outcome.description });
    const { subject, amr, authTime = now } = outcome;
    const { connectorId, identity } = subject;
    if (outcome.scopes.includes('offline_access')) throw invalidScope('This grant gives no refresh tokens.');
    const asked = { scopes: outcome.scopes, resources: outcome.resources ?? [] };
    const { scopes, resources } = judgeAccess(asked, client, dependencies);
    if (identity.userId === '') throw invalidGrant('The grant names nobody.');
    assertGrantStands({ client, authorization: { connectorId, scopes }, grantType }, dependencies);
    const authorization = {
      scopes,
      identity,
      connectorId,
      authTime,
      details: { grantType, ...(amr !== undefined && { amr }), ...(resources.length > 0 && { resources }) },
    };
    return issueDirectly({ client, now, authorization }, dependencies);
  };
}
