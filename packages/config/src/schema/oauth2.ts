import * as z from 'zod';
import { checkedText, duration, flag, optionalText } from './fields.ts';
import { DEFAULT_GRANT_TYPES, grantTypeFault } from './grant-types.ts';
import type { Partially } from './partially.ts';
import { responseType } from './response-types.ts';
import { trustedIssuerSchema } from './trusted-issuers.ts';

/** Shorter secrets could be guessed from the subjects that are made with them. */
const MIN_PAIRWISE_SECRET = 32;

/** `oauth2`: what the protocol endpoints offer. */
export const oauth2Schema = z
  .strictObject({
    grantTypes: z
      .array(checkedText('A grant.', grantTypeFault))
      .default([...DEFAULT_GRANT_TYPES])
      .describe(
        'Grants that are offered: `authorization_code`, `implicit`, `refresh_token`, `client_credentials`, `password`, `urn:ietf:params:oauth:grant-type:device_code`, `…:token-exchange`, `…:jwt-bearer`, and absolute URIs of extension grants. `implicit` matters with response types that need it, `password` with `passwordConnector` or a client that names it and the connector, `jwt-bearer` with `trustedIssuers`.',
      ),
    responseTypes: z
      .array(responseType())
      .default(['code'])
      .describe(
        'Response types that are offered: `code`, `token`, `id_token`, `id_token token`, `code id_token`, `code token`, `code id_token token`, words in any order.',
      ),
    responseModes: z
      .array(z.enum(['query', 'fragment', 'form_post']))
      .min(1)
      .default(['query', 'fragment', 'form_post'])
      .describe('Response modes that are offered (Tessera’s own).'),
    requestObjects: z
      .strictObject({
        byValue: flag('Accept the parameter `request` (RFC 9101 §5.1).', true),
        byReference: flag('Accept `request_uri` with an address that the client has registered (RFC 9101 §5.2).'),
      })
      .prefault({})
      .describe('Signed authorization requests (Tessera’s own).'),
    skipApprovalScreen: flag('Do not ask the person to approve an application.'),
    consentLifetime: duration('How long a consent is remembered; 0 = until it is withdrawn (Tessera’s own).', {
      allowZero: true,
    }).prefault('0s'),
    alwaysShowLoginScreen: flag('Show the choice of connectors even if there is only one.'),
    passwordConnector: optionalText('Connector of the grant `password`.'),
    pairwiseSecret: checkedText(
      'Secret that pairwise subjects are made with (Tessera’s own; OIDC Core §8.1), at least 32 characters. Must never change.',
      (value) =>
        value.length < MIN_PAIRWISE_SECRET
          ? `must have at least ${MIN_PAIRWISE_SECRET} characters; make one with: openssl rand -base64 32`
          : undefined,
    ).exactOptional(),
    pairwiseSecretEnv: optionalText('Environment variable that holds the secret.'),
    pairwiseSecretFile: optionalText('File that holds the secret.'),
    trustedIssuers: z
      .array(trustedIssuerSchema)
      .default([])
      .describe('Whose assertions are taken in the grant jwt-bearer (Tessera’s own; RFC 7523 §2.1).'),
    pkce: z
      .strictObject({
        enforce: flag('Demand PKCE (RFC 7636) of every client; public clients always need it.'),
        codeChallengeMethodsSupported: z
          .array(z.enum(['S256', 'plain']))
          .min(1)
          .default(['S256'])
          .describe('Accepted challenge methods; `plain` is weak and must be named to be accepted.'),
      })
      .prefault({})
      .describe('Proof key for code exchange.'),
  })
  .prefault({})
  .describe('What the protocol endpoints offer.');

/** The block as written, as far as the schema accepts it. */
export type OAuth2Input = Partially<z.input<typeof oauth2Schema>>;

/** The block with defaults, durations in seconds. */
export type OAuth2Output = z.output<typeof oauth2Schema>;
