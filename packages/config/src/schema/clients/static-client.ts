import * as z from 'zod';
import { fragmentlessUrlFault, secureUrlFault } from '../addresses.ts';
import {
  checkedText,
  flag,
  ignored,
  nameList,
  optionalFlag,
  optionalNameList,
  optionalText,
  requiredText,
} from '../fields.ts';
import { imageFault } from '../frontend.ts';
import { grantTypeFault } from '../grant-types.ts';
import { keySetSchema } from '../key-set.ts';
import type { Partially } from '../partially.ts';
import { responseType } from '../response-types.ts';
import { secretList } from '../secrets.ts';
import {
  authenticationSchema,
  clientClaimsSchema,
  clientCredentialsClaimsSchema,
  consentSchema,
  corsOriginsSchema,
  displaySchema,
  logoutSchema,
  refreshTokensSchema,
  requestObjectsSchema,
  signInSchema,
  subjectSchema,
  tokensSchema,
} from './client-blocks.ts';
import { redirectUriFault } from './redirect-uris.ts';

const redirectUris = (description: string) =>
  z.array(checkedText('An absolute URI.', redirectUriFault)).default([]).describe(description);

/** One entry of `staticClients`. */
export const staticClientSchema = z.strictObject({
  id: optionalText('Client identifier; this or `idEnv`.'),
  idEnv: optionalText('Environment variable that holds the client identifier.'),
  enabled: flag('Whether it may be used at all (Tessera’s own).', true),
  secret: optionalText(
    'Client secret; this, `secretEnv`, `secretFile` or an entry of `secrets`, unless the client is public or has the method `private_key_jwt`.',
  ),
  secretEnv: optionalText('Environment variable that holds the secret.'),
  secretFile: optionalText('File that holds the secret. Read again when it changes.'),
  secrets: secretList('Further secrets that are as good, for a change without downtime (Tessera’s own).'),
  name: requiredText('Name shown to people.'),
  logoURL: checkedText('Logo: an http or https URL, or a path that begins with a slash.', imageFault).exactOptional(),
  display: displaySchema,
  redirectURIs: redirectUris('Where answers may be sent; compared exactly.'),
  postLogoutRedirectURIs: redirectUris('Where the browser may be sent after sign-out.'),
  initiateLoginURI: checkedText(
    'Where a sign-in that begins elsewhere is sent (OIDC Core §4): an https address.',
    secureUrlFault,
  ).exactOptional(),
  corsOrigins: corsOriginsSchema,
  trustedPeers: nameList('Clients that may ask for tokens for this one.'),
  public: flag('The client cannot keep a secret (an application on a phone or in a browser); PKCE is then required.'),
  allowedConnectors: nameList('Connectors this client may use; empty = all.'),
  grantTypes: z
    .array(checkedText('A grant.', grantTypeFault))
    .min(1)
    .exactOptional()
    .describe('Grants it may use, as in `oauth2.grantTypes`; all of those when left out.'),
  responseTypes: z
    .array(responseType())
    .exactOptional()
    .describe('Response types it may ask for; all of `oauth2.responseTypes` when left out.'),
  scopes: optionalNameList('Scopes it may ask for; all there are when left out.'),
  requirePKCE: optionalFlag('Demand PKCE although the client is confidential.'),
  allowPlainPKCE: optionalFlag('Accept the challenge method `plain` of this client.'),
  requestObjects: requestObjectsSchema,
  authentication: authenticationSchema,
  keys: keySetSchema(
    'The client’s public keys, for `private_key_jwt` and signed requests: inline or by address.',
  ).exactOptional(),
  tokens: tokensSchema,
  refreshTokens: refreshTokensSchema,
  refreshTokenLifetime: z
    .enum(['standalone', 'session'])
    .exactOptional()
    .describe('`session`: refresh tokens end with the session they came of; `standalone` (the default): they do not.'),
  clientCredentialsClaims: clientCredentialsClaimsSchema,
  claims: clientClaimsSchema,
  subject: subjectSchema,
  consent: consentSchema,
  signIn: signInSchema,
  ssoSharedWith: optionalNameList(
    'Clients at which people who signed in here need not sign in again; `*` = all, empty = none, `sessions.ssoSharedWithDefault` when left out.',
  ),
  backchannelLogoutURI: checkedText('Where logout tokens are posted (OIDC Back-Channel Logout §2.2).', (value) =>
    value === '' ? undefined : fragmentlessUrlFault(value),
  ).exactOptional(),
  logout: logoutSchema,
  mfaChain: ignored('Second factors of this client.', 'there are no second factors; the key has no effect'),
});

/** A client as written, as far as the schema accepts it. */
export type ClientInput = Partially<z.input<typeof staticClientSchema>>;

/** A client with defaults, durations in seconds. */
export type ClientOutput = z.output<typeof staticClientSchema>;
