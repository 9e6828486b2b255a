import type { InspectAccessToken } from '../inspect/live-access-token.ts';
import type { TokenIssuing } from '../issue/tokens.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { createAuthorizationCodeGrant } from './authorization-code.ts';
import { createClientCredentialsGrant } from './client-credentials.ts';
import { createDeviceCodeGrant } from './device/device-code.ts';
import { createTokenExchangeGrant } from './exchange/token-exchange.ts';
import { createExtensionGrants } from './extension/extension.ts';
import type { GrantDefinition, GrantHandler } from './grant-handler.ts';
import { grantTypes } from './grant-types.ts';
import { createJwtBearerGrant } from './jwt-bearer.ts';
import { createPasswordGrant } from './password.ts';
import { createRefreshTokenGrant } from './refresh-token.ts';
import type { RotationReopener } from './rotation-reopener.ts';

/** What the grants share. */
export interface GrantTools {
  readonly issuing: TokenIssuing;
  readonly reopener: Omit<RotationReopener, 'close'>;
  readonly inspectAccessToken: InspectAccessToken;
}

/**
 * The grants by `grant_type`: those of ours that the configuration switches on (`oauth2.grantTypes`), and the extension
 * grants the service was made with. Throws a `RangeError` for an extension grant that cannot be one.
 */
export function createGrantTable(
  options: TokenServiceOptions,
  tools: GrantTools,
): ReadonlyMap<string, GrantDefinition> {
  const dependencies = { ...options, ...tools };
  const forAll = (handle: GrantHandler): GrantDefinition => ({
    admits: 'all',
    needsConnectors: true,
    isForAllByDefault: true,
    handle,
  });
  const own: readonly (readonly [string, GrantDefinition])[] = [
    [grantTypes.authorizationCode, forAll(createAuthorizationCodeGrant(dependencies))],
    [grantTypes.refreshToken, forAll(createRefreshTokenGrant(dependencies))],
    [
      grantTypes.clientCredentials,
      { ...forAll(createClientCredentialsGrant(dependencies)), admits: 'confidential', needsConnectors: false },
    ],
    [grantTypes.password, forAll(createPasswordGrant(dependencies))],
    [grantTypes.deviceCode, forAll(createDeviceCodeGrant(dependencies))],
    // Public clients bring an upstream's token, as in Dex; an own one is refused them by the grant itself.
    [grantTypes.tokenExchange, forAll(createTokenExchangeGrant(dependencies))],
    [grantTypes.jwtBearer, forAll(createJwtBearerGrant(dependencies))],
  ];
  return new Map([
    ...own.filter(([name]) => options.config.oauth2.grantTypes.includes(name)),
    ...createExtensionGrants(options.extensionGrants ?? new Map(), dependencies),
  ]);
}
