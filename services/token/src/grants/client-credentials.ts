import type { KnownScopeDefinition } from '@tessera/oauth';
import type { TokenIssuing } from '../issue/tokens.ts';
import { readNonce } from '../protocol/form.ts';
import type { GrantHandler } from './grant-handler.ts';
import { type AccessDependencies, invalidScope, judgeAccess, readRequestedAccess } from './requested-access.ts';

/** What the grant needs. */
export type ClientCredentialsDependencies = AccessDependencies & { readonly issuing: TokenIssuing };

/** What a client can be told about itself, as in Dex. */
const OWN_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'groups']);

/**
 * Grant `client_credentials` (RFC 6749 §4.4), for confidential clients: the caller sees to that. A client that names no
 * scope gets the API scopes it is allowed by name. Scopes about a person are refused, Dex's four excepted; so is
 * `offline_access`, as there is no refresh token (RFC 6749 §4.4.3).
 */
export function createClientCredentialsGrant(dependencies: ClientCredentialsDependencies): GrantHandler {
  const { resourceModel, issuing } = dependencies;
  return async ({ form, client, now }) => {
    const asked = readRequestedAccess(form);
    const scopes = asked.scopes.length === 0 ? resourceModel.defaultScopes(client) : asked.scopes;
    if (scopes.some((scope) => isAboutAPerson(scope, resourceModel.find(scope)))) {
      throw invalidScope('A scope that concerns a person cannot be granted to a client for itself.');
    }
    const access = judgeAccess({ ...asked, scopes }, client, dependencies);
    return issuing.forClient({
      client,
      scopes: access.scopes,
      resources: access.resources,
      now,
      nonce: readNonce(form),
    });
  };
}

function isAboutAPerson(scope: string, known: KnownScopeDefinition | undefined): boolean {
  return known?.kind === 'offline_access' || (known?.kind === 'identity' && !OWN_SCOPES.has(scope));
}
