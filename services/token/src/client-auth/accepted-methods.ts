import type { Client, ClientAuthMethodName } from '@tessera/oauth';

const WITH_SECRET: readonly ClientAuthMethodName[] = ['client_secret_basic', 'client_secret_post'];

/**
 * The methods a client may use: the one of its settings alone (N32), else a secret in header or form where it has one, a
 * signature where it has keys, and nothing at all where it is public and has no secret. `none` is never good enough for a
 * confidential client.
 */
export function acceptedMethods({ isPublic, secrets, settings }: Client): readonly ClientAuthMethodName[] {
  const { authMethod, jwks, jwksUri } = settings;
  if (authMethod !== undefined) return authMethod === 'none' && !isPublic ? [] : [authMethod];
  return [
    ...(secrets.length > 0 ? WITH_SECRET : []),
    ...(jwks !== undefined || jwksUri !== undefined ? (['private_key_jwt'] as const) : []),
    ...(isPublic && secrets.length === 0 ? (['none'] as const) : []),
  ];
}
