import { formatGoDuration } from '../go-duration.ts';
import type {
  ClientSecretConfig,
  OAuth2Config,
  ResourcesConfig,
  SessionsConfig,
  TrustedIssuerConfig,
} from '../types.ts';
import { sourceOf } from './source-of.ts';

/** A block of the configuration file. */
type Block = Record<string, unknown>;

/** `oauth2` with the file's keys. */
export function oauth2Block({ consentLifetimeSeconds, trustedIssuers, ...rest }: OAuth2Config): Block {
  return {
    ...rest,
    consentLifetime: formatGoDuration(consentLifetimeSeconds),
    trustedIssuers: trustedIssuers.map(trustedIssuerBlock),
  };
}

function trustedIssuerBlock({ issuer, connectorId, clients, ...keys }: TrustedIssuerConfig): Block {
  return { issuer, ...keysBlock(keys), connectorID: connectorId, clients };
}

/** `keys` with the file's keys; nothing when there are none. */
export function keysBlock({ jwks, jwksUri }: Pick<TrustedIssuerConfig, 'jwks' | 'jwksUri'>): Block {
  if (jwks !== undefined) return { keys: { jwks } };
  return jwksUri === undefined ? {} : { keys: { jwksURI: jwksUri } };
}

/** `sessions` with the file's keys. */
export function sessionsBlock({ absoluteLifetimeSeconds, validIfNotUsedForSeconds, ...rest }: SessionsConfig): Block {
  return {
    ...rest,
    absoluteLifetime: formatGoDuration(absoluteLifetimeSeconds),
    validIfNotUsedFor: formatGoDuration(validIfNotUsedForSeconds),
  };
}

/** `resources` with the file's keys. */
export function resourcesBlock({ apiResources, ...rest }: ResourcesConfig): Block {
  return {
    ...rest,
    apiResources: apiResources.map(({ secrets, ...api }) => ({ ...api, secrets: secretBlocks(secrets) })),
  };
}

/** A list of secrets with the file's keys. */
export function secretBlocks(secrets: readonly ClientSecretConfig[]): readonly Block[] {
  return secrets.map(({ expiresAt, ...source }) => ({
    ...sourceOf(source, 'value'),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
  }));
}
