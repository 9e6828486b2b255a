import type { ClientDirectory } from '@tessera/contracts';
import {
  type AccessRequest,
  type Client,
  type Parameters,
  PEER_SCOPE_PREFIX,
  type ResourceModel,
} from '@tessera/oauth';
import { invalidTarget, readResources, readScopes } from '../requested-access.ts';
import { trustsClient } from '../standing.ts';

/** What an exchange asks for, its audiences turned into what they mean here. */
export interface ExchangeTargets {
  /** Undefined = no scope was named. */
  readonly scopes: readonly string[] | undefined;
  /** Scopes that make other clients the audience. */
  readonly peerScopes: readonly string[];
  /** Names of API resources. */
  readonly resources: readonly string[];
}

/** Where audiences are looked up. */
export interface TargetDependencies {
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly resourceModel: ResourceModel;
}

/**
 * Reads `scope`, `resource` and `audience` (RFC 8693 §2.1). An audience is an API resource, the client itself, or another
 * client that trusts it. Throws OAuthError `invalid_target` for any other.
 */
export function readTargets(
  form: Parameters,
  client: Client,
  { clients, resourceModel }: TargetDependencies,
): ExchangeTargets {
  const audiences = new Set(form.getAll('audience'));
  const resources = new Set(readResources(form));
  const peerScopes: string[] = [];
  for (const audience of audiences) {
    if (resourceModel.findApiResource(audience) !== undefined) resources.add(audience);
    else if (!trustsClient(clients.find(audience), client)) throw invalidTarget();
    else if (audience !== client.id) peerScopes.push(`${PEER_SCOPE_PREFIX}${audience}`);
  }
  return { scopes: readScopes(form), peerScopes, resources: [...resources] };
}

/** A request for access that has these targets too; every scope once. */
export function withTargets(scopes: readonly string[], { peerScopes, resources }: ExchangeTargets): AccessRequest {
  return { scopes: [...new Set([...scopes, ...peerScopes])], resources };
}
