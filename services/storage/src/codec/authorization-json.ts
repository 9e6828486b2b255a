import type { Authorization } from '@tessera/contracts';
import type { Identity } from '@tessera/oauth';

/** An authorization without the parts that change with a refresh; those have columns of their own. */
export type AuthorizationTerms = Omit<Authorization, 'identity' | 'connectorData'>;

interface TermsJson extends Omit<AuthorizationTerms, 'authTime'> {
  readonly authTimeMs: number;
}

interface AuthorizationJson extends TermsJson {
  readonly identity: Identity;
  readonly connectorData: string;
}

/** The unchanging terms of an authorization as JSON. */
export function termsToJson(authorization: AuthorizationTerms): string {
  return JSON.stringify(plainTerms(authorization));
}

/** The terms of their JSON. */
export function termsFromJson(json: string): AuthorizationTerms {
  const { authTimeMs, ...rest } = JSON.parse(json) as TermsJson;
  return { ...rest, authTime: new Date(authTimeMs) };
}

/** A whole authorization as compact JSON. */
export function authorizationToJson(authorization: Authorization): string {
  const whole: AuthorizationJson = {
    ...plainTerms(authorization),
    identity: authorization.identity,
    connectorData: Buffer.from(authorization.connectorData).toString('base64'),
  };
  return JSON.stringify(whole);
}

/** The authorization of its JSON. */
export function authorizationFromJson(json: string): Authorization {
  const { authTimeMs, connectorData, ...rest } = JSON.parse(json) as AuthorizationJson;
  return { ...rest, authTime: new Date(authTimeMs), connectorData: Buffer.from(connectorData, 'base64') };
}

function plainTerms(authorization: AuthorizationTerms): TermsJson {
  const {
    clientId,
    redirectUri,
    scopes,
    nonce,
    pkce,
    connectorId,
    authTime,
    isRefreshable,
    refreshesUpstream,
    sessionId,
    details,
  } = authorization;
  return {
    clientId,
    redirectUri,
    scopes,
    ...(nonce === undefined ? {} : { nonce }),
    ...(pkce === undefined ? {} : { pkce }),
    connectorId,
    authTimeMs: authTime.getTime(),
    isRefreshable,
    refreshesUpstream,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(details === undefined ? {} : { details }),
  };
}
