import * as z from 'zod';
import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import type { OidcConnectorConfig } from '../../types.ts';
import { httpUrlFault, isLoopbackHost, parseHttpUrl } from '../addresses.ts';
import { checkedText, flag, isOn, nameList, optionalText, refused, requiredText, text } from '../fields.ts';
import type { Partially } from '../partially.ts';
import { connectorBase } from './base.ts';

const url = (description: string) => checkedText(description, httpUrlFault);

const discoveryOverrides = z
  .strictObject({
    tokenURL: url('Token endpoint.').exactOptional(),
    authURL: url('Authorization endpoint.').exactOptional(),
    jwksURL: url('Key set.').exactOptional(),
    userInfoURL: url('Userinfo endpoint.').exactOptional(),
    deviceAuthURL: url('Device authorization endpoint.').exactOptional(),
    endSessionURL: url('End of session endpoint.').exactOptional(),
  })
  .prefault({})
  .describe('Addresses that replace those of the discovery document.');

const claimMapping = z
  .strictObject({
    preferred_username: optionalText('Claim read as preferred user name.'),
    email: optionalText('Claim read as e-mail address.'),
    groups: optionalText('Claim read as groups.'),
  })
  .prefault({})
  .describe('Claims to read instead when the standard ones are missing.');

const claimModifications = z
  .strictObject({
    newGroupFromClaims: z
      .array(
        z.strictObject({
          claims: z.array(z.string().min(1)).min(1).describe('Claims whose values are joined.'),
          delimiter: text('Text between the values.').default(''),
          clearDelimiter: flag('Remove the delimiter where it occurs inside values.'),
          prefix: text('Text in front.').default(''),
        }),
      )
      .default([])
      .describe('Groups made of other claims.'),
    filterGroupClaims: z
      .strictObject({
        groupsFilter: checkedText(
          'Regular expression; only groups that match are kept.',
          regularExpressionFault,
        ).exactOptional(),
      })
      .prefault({})
      .describe('Which groups are kept.'),
    modifyGroupNames: z
      .strictObject({ prefix: text('Text in front.').default(''), suffix: text('Text behind.').default('') })
      .prefault({})
      .describe('Text around every group name.'),
  })
  .prefault({})
  .describe('Changes to the claims of the upstream provider.');

/** A connector of type `oidc`. */
export const oidcConnectorSchema = z
  .strictObject({
    type: z.literal('oidc').describe('People sign in at another OpenID Connect provider.'),
    ...connectorBase,
    config: z
      .strictObject({
        issuer: url('Issuer of the upstream provider; its discovery document is read.'),
        issuerAlias: optionalText('Issuer that the discovery document and tokens may name instead.'),
        clientID: requiredText('Our client identifier there.'),
        clientSecret: optionalText('Our client secret there.'),
        clientSecretFile: optionalText(
          'File that holds the secret; instead of `clientSecret`. Read again when it changes.',
        ),
        redirectURI: optionalText('Must be our issuer followed by `/callback`, which is also the default.'),
        providerDiscoveryOverrides: discoveryOverrides,
        basicAuthUnsupported: z
          .boolean()
          .exactOptional()
          .describe('Send the secret in the form instead of the header.'),
        scopes: z.array(z.string().min(1)).default(['profile', 'email']).describe('Scopes asked for beside `openid`.'),
        hostedDomains: refused(
          'Google domains.',
          'Dex refuses it in this connector as well, because it would not be checked',
        ),
        rootCAs: nameList('PEM files, or base64 of PEM text, of authorities that may sign the provider’s certificate.'),
        insecureSkipVerify: flag('Do not verify the provider’s certificate.'),
        insecureSkipEmailVerified: flag('Take the e-mail address as verified even if the provider does not say so.'),
        insecureEnableGroups: flag('Take over groups.'),
        allowedGroups: nameList('Only people in one of these groups may sign in.'),
        acrValues: nameList('Authentication context classes to ask for (OIDC Core §3.1.2.1).'),
        getUserInfo: flag('Read the userinfo endpoint as well.'),
        userIDKey: requiredText('Claim that identifies the person.').default('sub'),
        userNameKey: requiredText('Claim with the name.').default('name'),
        promptType: optionalText(
          '`prompt` that is sent when a refresh token is wanted; `consent` when left out, none when empty.',
        ),
        pkceChallenge: z
          .enum(['S256', 'plain', ''])
          .exactOptional()
          .describe('Challenge method towards the provider; by its discovery document when left out.'),
        overrideClaimMapping: flag('Prefer `claimMapping` even if the standard claims are there.'),
        claimMapping,
        claimModifications,
      })
      .describe('The upstream provider.'),
  })
  .describe('OpenID Connect provider.');

type Input = z.input<typeof oidcConnectorSchema>['config'];
type Output = z.output<typeof oidcConnectorSchema>['config'];

function regularExpressionFault(value: string): string | undefined {
  try {
    RegExp(value);
    return undefined;
  } catch {
    return 'must be a regular expression of JavaScript; write (?i:…) around a part instead of (?i)';
  }
}

/** Rules between the keys of an OIDC connector and the issuer. */
export function checkOidcConnector(
  config: Partially<Input> | undefined,
  issuer: string | undefined,
  path: ConfigPath,
  report: Report,
): void {
  if (config === undefined) return;
  const expected = issuer === undefined ? undefined : `${issuer}/callback`;
  if (config.redirectURI && expected !== undefined && config.redirectURI !== expected) {
    report.derived(
      [...path, 'redirectURI'],
      `must be ${expected} (the issuer followed by /callback); it may be left out`,
    );
  }
  if ((config.allowedGroups ?? []).length > 0 && !isOn(config.insecureEnableGroups)) {
    report.derived([...path, 'allowedGroups'], 'needs insecureEnableGroups: true, or nobody could sign in');
  }
}

/** What is weak in an OIDC connector. */
export function warnAboutOidcConnector(config: Output, path: ConfigPath, report: Report): void {
  const upstream = parseHttpUrl(config.issuer);
  if (upstream?.protocol === 'http:' && !isLoopbackHost(upstream.hostname)) {
    report.warning([...path, 'issuer'], 'is plain http: anybody on the way can sign in as anybody');
  }
  if (config.insecureSkipVerify)
    report.warning([...path, 'insecureSkipVerify'], 'lets anybody on the way pose as the provider');
}

/** The effective OIDC connector. */
export function toOidcConnectorConfig(config: Output, issuer: string): OidcConnectorConfig {
  const { clientSecretFile, hostedDomains: _domains, pkceChallenge, ...rest } = config;
  return {
    ...rest,
    ...(clientSecretFile ? { clientSecretFile } : {}),
    scopes: rest.scopes.filter((scope) => scope !== 'openid'),
    redirectURI: config.redirectURI || `${issuer}/callback`,
    ...(pkceChallenge ? { pkceChallenge } : {}),
  };
}
