import { CLIENT_AUTH_METHODS, HMAC_ALGORITHMS, SIGNING_ALGORITHMS } from '@tessera/oauth';
import * as z from 'zod';
import { fragmentlessUrlFault, httpUrlFault, isHostName, originFault, secureUrlFault } from '../addresses.ts';
import { checkedText, duration, nameList, optionalFlag, optionalNameList, optionalText, textMap } from '../fields.ts';

// Blocks of `staticClients[]`, all Tessera's own. Every key may be left out; then the installation's own setting holds.

const ALL_ALGORITHMS = [...SIGNING_ALGORITHMS, ...HMAC_ALGORITHMS] as const;
const signing = (description: string) => z.enum(SIGNING_ALGORITHMS).exactOptional().describe(description);
const webPage = (description: string) => checkedText(description, httpUrlFault).exactOptional();
const lifetime = (description: string) => duration(description).exactOptional();
const lifetimeOrNone = (description: string) => duration(description, { allowZero: true }).exactOptional();

/** `display`: what pages show beside name and logo. */
export const displaySchema = z
  .strictObject({
    clientURI: webPage('The application’s own page.'),
    policyURI: webPage('Its privacy policy.'),
    tosURI: webPage('Its terms of service.'),
    description: optionalText('What it is.'),
  })
  .prefault({})
  .describe('What pages show beside `name` and `logoURL`.');

/** `requestObjects`: signed authorization requests (RFC 9101). */
export const requestObjectsSchema = z
  .strictObject({
    required: optionalFlag('Refuse authorization requests that are not signed (RFC 9101 §10.5).'),
    signingAlgorithm: signing('The algorithm they must have; any of its keys when left out.'),
    uris: z
      .array(checkedText('An https address, or http on this machine.', secureUrlFault))
      .exactOptional()
      .describe('Addresses they may be fetched from; compared exactly.'),
  })
  .prefault({})
  .describe('Signed authorization requests of this client.');

/** `corsOrigins`. */
export const corsOriginsSchema = z
  .array(checkedText('An origin.', originFault))
  .exactOptional()
  .describe('Origins whose scripts may call the endpoints for clients, beside `web.allowedOrigins`.');

/** `authentication`: how the client proves who it is (OIDC Core §9). */
export const authenticationSchema = z
  .strictObject({
    method: z
      .enum(CLIENT_AUTH_METHODS)
      .exactOptional()
      .describe(
        'The one method it may use; `client_secret_basic` or `client_secret_post` when left out, `none` for public clients.',
      ),
    signingAlgorithm: z
      .enum(ALL_ALGORITHMS)
      .exactOptional()
      .describe('The algorithm its assertions must have; any that fits the method when left out.'),
    assertionAudience: z
      .enum(['any', 'issuer'])
      .exactOptional()
      .describe(
        'What its assertions must be meant for: the issuer or an endpoint (`any`, the default), or `issuer` alone.',
      ),
  })
  .prefault({})
  .describe('How the client proves who it is.');

/** `tokens`: what its tokens are. */
export const tokensSchema = z
  .strictObject({
    idTokenSigningAlgorithm: z
      .enum(ALL_ALGORITHMS)
      .exactOptional()
      .describe('Of ID tokens: one of the signer’s, or an HMAC keyed by `secret`.'),
    accessTokenSigningAlgorithm: signing('Of access tokens: one of the signer’s.'),
    userinfoSigningAlgorithm: signing('Answer userinfo as a JWT signed with it: one of the signer’s.'),
    idTokenLifetime: lifetime('Lifetime of ID tokens.'),
    accessTokenLifetime: lifetime('Lifetime of access tokens.'),
    authorizationCodeLifetime: duration('Lifetime of authorization codes, at most 10m.', {
      maxSeconds: 600,
      maxText: '10m (RFC 6749 §4.1.2)',
    }).exactOptional(),
    deviceCodeLifetime: lifetime('How long a device code can be used.'),
    accessTokenType: z
      .enum(['jwt', 'reference'])
      .exactOptional()
      .describe('`jwt` (RFC 9068, the default), or `reference`: a handle that says nothing by itself.'),
    idTokenClaims: z
      .enum(['always', 'dex', 'minimal'])
      .exactOptional()
      .describe(
        'Claims about the person in the ID token where an access token is given as well: `dex` (the default) those of the scopes, `always` all that userinfo has, `minimal` none.',
      ),
  })
  .prefault({})
  .describe('What its tokens are; what is left out is as for all clients.');

/** `refreshTokens`: how its refresh tokens live. */
export const refreshTokensSchema = z
  .strictObject({
    usage: z
      .enum(['one-time', 'reusable'])
      .exactOptional()
      .describe('`one-time`: each use gives a successor. `reusable`: the same one stays good.'),
    reuseInterval: lifetimeOrNone('How long an exchanged one gets the same successor again; 0 = not at all.'),
    validIfNotUsedFor: lifetimeOrNone('One unused for so long ends; 0 = never.'),
    absoluteLifetime: lifetimeOrNone('One ends so long after sign-in; 0 = never.'),
  })
  .prefault({})
  .describe('How its refresh tokens live; what is left out is as `expiry.refreshTokens` says.');

/** `clientCredentialsClaims`: Dex's key. */
export const clientCredentialsClaimsSchema = z
  .strictObject({ groups: optionalNameList('The claim `groups` for requests with that scope.') })
  .prefault({})
  .describe('Claims of tokens of the grant client_credentials.');

/** `claims`: what its tokens say about itself and about people. */
export const clientClaimsSchema = z
  .strictObject({
    values: z
      .record(z.string(), z.unknown())
      .exactOptional()
      .describe('Claims about the client itself, in access tokens, by name without the prefix.'),
    alwaysSend: optionalFlag('Also where a person is involved; else only where none is.'),
    prefix: optionalText('In front of the names of `values`; `client_` when left out.'),
    mappings: textMap(
      'Claims computed for its tokens and userinfo: name and expression, as in `claims.mappings`, after those.',
    ),
  })
  .prefault({})
  .describe('What its tokens say about itself, and what is computed about people.');

/** `subject`: what people are called towards it (OIDC Core §8). */
export const subjectSchema = z
  .strictObject({
    type: z
      .enum(['public', 'pairwise'])
      .exactOptional()
      .describe('`pairwise`: a `sub` that no other sector sees; needs `oauth2.pairwiseSecret`. Default `public`.'),
    sectorIdentifier: checkedText(
      'Host that stands for its sector; that of the redirect URIs when left out.',
      (value) =>
        isHostName(value) ? undefined : 'must be a host name such as app.example.org, without scheme and path',
    ).exactOptional(),
  })
  .prefault({})
  .describe('What people are called towards it.');

/** `consent`: whether people are asked. */
export const consentSchema = z
  .strictObject({
    required: optionalFlag('Whether people are asked; unless `oauth2.skipApprovalScreen` when left out.'),
    allowRemember: optionalFlag(
      'Whether they may have it remembered. Left out: yes, but for a public client that is not answered at an https address, as nothing proves which application it is (RFC 8252 §8.6).',
    ),
    lifetime: lifetimeOrNone(
      'How long it is remembered; 0 = until it is withdrawn; `oauth2.consentLifetime` when left out.',
    ),
  })
  .prefault({})
  .describe('Whether people are asked to agree.');

/** `signIn`: what a sign-in must be like. */
export const signInSchema = z
  .strictObject({
    maxAge: lifetimeOrNone('Oldest sign-in that is good enough; any when left out (OIDC Core §2, `default_max_age`).'),
    acrValues: nameList('Asked for when a request has no `acr_values`.'),
  })
  .prefault({})
  .describe('What a sign-in must be like.');

/** `logout`: how it learns that somebody signed out. */
export const logoutSchema = z
  .strictObject({
    frontchannelURI: checkedText(
      'Loaded in the browser; of the same origin as a redirect URI (OIDC Front-Channel Logout §2).',
      fragmentlessUrlFault,
    ).exactOptional(),
    frontchannelSessionRequired: optionalFlag('Send `iss` and `sid` there; true when left out.'),
    backchannelSessionRequired: optionalFlag(
      'Put `sid` into logout tokens for `backchannelLogoutURI`; true when left out.',
    ),
  })
  .prefault({})
  .describe('How it learns that somebody signed out, beside `backchannelLogoutURI`.');
