import type { ResourcesConfig } from '@tessera/config';
import { hashClientSecret } from '@tessera/credentials';
import type { Resources } from '@tessera/oauth';

/** The configured resources, the secrets of APIs hashed. */
export function resourcesOf({ identityResources, apiScopes, apiResources }: ResourcesConfig): Resources {
  return {
    identityResources,
    apiScopes,
    apiResources: apiResources.map((resource) => ({
      ...resource,
      secrets: resource.secrets.map(({ value, expiresAt }) => ({
        ...hashClientSecret(value),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      })),
    })),
  };
}
