import * as client from 'openid-client';
import { CALLBACK } from './system-config.ts';

/**
 * A client of `openid-client`, configured from discovery alone. It verifies the signature of everything it is given, but for
 * ID tokens that carry a MAC: the library has none of those.
 */
export async function configure(
  issuer: string,
  id: string,
  authentication: client.ClientAuth,
  metadata: Partial<client.ClientMetadata> = {},
): Promise<client.Configuration> {
  const isSigned = metadata.id_token_signed_response_alg !== 'HS256';
  const execute = [client.allowInsecureRequests, ...(isSigned ? [client.enableNonRepudiationChecks] : [])];
  return client.discovery(new URL(issuer), id, metadata, authentication, { execute });
}

/** What an application keeps while a person signs in. */
export interface Attempt {
  /** The parameters of the authorization request. */
  readonly parameters: Record<string, string>;
  /** What the answer is checked against. */
  readonly checks: {
    readonly expectedState: string;
    readonly expectedNonce: string;
    readonly pkceCodeVerifier: string;
  };
}

/** Begins a sign-in of the local person with PKCE, `state` and `nonce`. */
export async function beginAttempt(scope: string, more: Readonly<Record<string, string>> = {}): Promise<Attempt> {
  const checks = {
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
  };
  const parameters = {
    redirect_uri: CALLBACK,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    connector_id: 'local',
    ...more,
  };
  return { parameters, checks };
}
