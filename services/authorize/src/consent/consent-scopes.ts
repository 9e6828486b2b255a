import type { ClaimsRequest, ResourceModel, ScopeKind } from '@tessera/oauth';

/** A scope, as a person is asked for it. */
export interface ConsentScope {
  readonly name: string;
  readonly kind: ScopeKind;
  /** Undefined = our own words for it, or its name. */
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  /** The person can only agree to all or nothing as far as this one goes. */
  readonly isRequired: boolean;
  readonly isEmphasized: boolean;
}

/** The scopes of a request as a person is asked for them. `openid` is what a sign-in is: it cannot be left out. */
export function consentScopes(scopes: readonly string[], model: Pick<ResourceModel, 'find'>): readonly ConsentScope[] {
  return scopes.map((name) => {
    const definition = model.find(name);
    return {
      name,
      kind: definition?.kind ?? 'api',
      displayName: definition?.displayName,
      description: definition?.description,
      isRequired: name === 'openid' || definition?.required === true,
      isEmphasized: definition?.emphasize === true,
    };
  });
}

/** About the sign-in and the token, and not about the person. */
const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'jti',
  'nonce',
  'azp',
  'sid',
  'auth_time',
  'acr',
  'amr',
]);

/**
 * Claims about the person that a request asks for one by one (OIDC Core §5.5), beyond those of its scopes; the person is
 * asked for them too.
 */
export function claimsBeyondScopes(
  claims: ClaimsRequest | undefined,
  scopes: readonly string[],
  model: Pick<ResourceModel, 'find'>,
): readonly string[] {
  const asked = [...Object.keys(claims?.userinfo ?? {}), ...Object.keys(claims?.idToken ?? {})];
  const covered = new Set(scopes.flatMap((scope) => model.find(scope)?.claims ?? []));
  return [...new Set(asked)].filter((claim) => !PROTOCOL_CLAIMS.has(claim) && !covered.has(claim));
}
