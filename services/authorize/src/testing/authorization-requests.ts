import { createParameters, type Resources } from '@tessera/oauth';
import { validateAuthorizationRequest } from '../authorization/pipeline.ts';
import type { ValidRequest } from '../authorization/request.ts';
import { type CheckContextOptions, createCheckContext, outcomeOf } from './check-context.ts';
import {
  type AuthorizationParameters,
  authorizationQuery,
  CALLBACK,
  createClient,
  passwordConnector,
} from './harness.ts';

/** Clients of every kind that the checks tell apart. */
export const clients = [
  createClient('app'),
  createClient('spa', { isPublic: true }),
  createClient('off', { isEnabled: false }),
  createClient('trusting', { trustedPeers: ['app'] }),
  createClient('trusting-but-off', { trustedPeers: ['app'], isEnabled: false }),
  createClient('wary'),
  createClient('two', { redirectUris: [CALLBACK, 'https://app.example.com/other'] }),
  createClient('native', { redirectUris: ['com.example.app:/cb'] }),
  createClient('limited', { settings: { scopes: ['email'] } }),
  createClient('only-code', { settings: { responseTypes: ['code'] } }),
  createClient('no-implicit', { settings: { grantTypes: ['authorization_code'] } }),
  createClient('no-code', { settings: { grantTypes: ['implicit'] } }),
  createClient('careful', { settings: { requirePkce: true } }),
  createClient('plain', { settings: { allowPlainPkce: true } }),
  createClient('fresh', { settings: { maxAuthAgeSeconds: 600, defaultAcrValues: ['gold'] } }),
  createClient('ldap-only', { allowedConnectors: ['ldap'] }),
];

const scope = { required: false, emphasize: false, showInDiscovery: true, claims: [], claimMappings: {} };
/** Two APIs with one scope. */
export const resources: Resources = {
  identityResources: [],
  apiScopes: [{ ...scope, name: 'files.read' }],
  apiResources: [
    { name: 'https://files/', scopes: ['files.read'], claims: [], secrets: [], requireResourceIndicator: false },
    { name: 'https://b/', scopes: ['files.read'], claims: [], secrets: [], requireResourceIndicator: false },
  ],
};

/** What a test changes in the configuration. */
export type OAuth2 = NonNullable<CheckContextOptions['oauth2']>;

/** Takes a query through the table of checks. */
export function validate(query: string, oauth2: OAuth2 = {}): Promise<ValidRequest> {
  const connectors = [passwordConnector('ldap'), passwordConnector('other')];
  const context = createCheckContext({ clients, connectors, resources, oauth2 });
  return validateAuthorizationRequest(createParameters(new URLSearchParams(query)), context);
}

/** The usual request with changes, taken through the table of checks. */
export function valid(changes: AuthorizationParameters, oauth2?: OAuth2): Promise<ValidRequest> {
  return validate(authorizationQuery(changes), oauth2);
}

/** How a query is refused; undefined = it is not. */
export async function refusalOf(query: string, oauth2?: OAuth2): Promise<unknown> {
  const outcome = await outcomeOf(validate(query, oauth2));
  return outcome instanceof Error ? outcome : undefined;
}
