import type { IssueTokens } from '../issue/tokens.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { createAuthorizationCodeGrant } from './authorization-code.ts';
import type { GrantHandler } from './grant-handler.ts';
import { createRefreshTokenGrant } from './refresh-token.ts';
import type { RotationReopener } from './rotation-reopener.ts';

/** What the grants share. */
export interface GrantTools {
  readonly issue: IssueTokens;
  readonly reopener: Omit<RotationReopener, 'close'>;
}

/** The grants by `grant_type`; only those the configuration switches on (`oauth2.grantTypes`). */
export function createGrantTable(options: TokenServiceOptions, tools: GrantTools): ReadonlyMap<string, GrantHandler> {
  const dependencies = { ...options, ...tools };
  const all: readonly (readonly [string, GrantHandler])[] = [
    ['authorization_code', createAuthorizationCodeGrant(dependencies)],
    ['refresh_token', createRefreshTokenGrant(dependencies)],
  ];
  return new Map(all.filter(([name]) => options.config.oauth2.grantTypes.includes(name)));
}
