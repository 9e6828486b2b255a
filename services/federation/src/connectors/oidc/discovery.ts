import type { Clock } from '@tessera/clock';
import type { OidcConnectorConfig } from '@tessera/config';
import type { EgressClient } from '@tessera/egress';
import { upstreamMisconfigured } from '../../sign-in-errors.ts';
import { createSingleFlight } from '../../single-flight.ts';
import { askUpstreamFor200 } from './upstream-answer.ts';

/** What is used of an upstream's discovery document (OIDC Discovery §3), with the configuration's overrides. */
export interface UpstreamMetadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly userinfoEndpoint: string | undefined;
  /** OIDC RP-Initiated Logout §2.1. */
  readonly endSessionEndpoint: string | undefined;
  /** Undefined = the document does not say. */
  readonly tokenEndpointAuthMethods: readonly string[] | undefined;
  readonly idTokenAlgorithms: readonly string[] | undefined;
  readonly codeChallengeMethods: readonly string[];
  /** RFC 9207 §3. */
  readonly sendsIssuer: boolean;
}

/** Gives the metadata, from the upstream at most once an hour. Throws a sign-in error; the next call tries again. */
export type Discovery = () => Promise<UpstreamMetadata>;

const MAX_AGE_MS = 3_600_000;

/** Discovery on first use, so that an upstream that is down stops nobody else. */
export function createDiscovery(config: OidcConnectorConfig, client: EgressClient, clock: Clock): Discovery {
  const url = `${config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const once = createSingleFlight<UpstreamMetadata>();
  let known: { readonly metadata: UpstreamMetadata; readonly loadedAtMs: number } | undefined;
  return async () => {
    if (known !== undefined && clock.monotonicMs() - known.loadedAtMs < MAX_AGE_MS) return known.metadata;
    return once(url, async () => {
      const document = await askUpstreamFor200(client, { url }, 'discovery document');
      const metadata = parseMetadata(document, config);
      known = { metadata, loadedAtMs: clock.monotonicMs() };
      return metadata;
    });
  };
}

function parseMetadata(document: Readonly<Record<string, unknown>>, config: OidcConnectorConfig): UpstreamMetadata {
  const { issuer } = document;
  // OIDC Discovery §4.3: the very same text, or else somebody else's document was read.
  if (typeof issuer !== 'string' || (issuer !== config.issuer && issuer !== config.issuerAlias)) {
    throw upstreamMisconfigured(`the discovery document of ${config.issuer} names another issuer`);
  }
  const overrides = config.providerDiscoveryOverrides;
  const endpoint = (name: string, override: string | undefined): string => {
    const address = optionalEndpoint(document[name], override);
    if (address === undefined) throw upstreamMisconfigured(`the discovery document of ${issuer} has no ${name}`);
    return address;
  };
  return {
    issuer,
    authorizationEndpoint: endpoint('authorization_endpoint', overrides.authURL),
    tokenEndpoint: endpoint('token_endpoint', overrides.tokenURL),
    jwksUri: endpoint('jwks_uri', overrides.jwksURL),
    userinfoEndpoint: optionalEndpoint(document['userinfo_endpoint'], overrides.userInfoURL),
    endSessionEndpoint: optionalEndpoint(document['end_session_endpoint'], overrides.endSessionURL),
    tokenEndpointAuthMethods: names(document['token_endpoint_auth_methods_supported']),
    idTokenAlgorithms: names(document['id_token_signing_alg_values_supported']),
    codeChallengeMethods: names(document['code_challenge_methods_supported']) ?? [],
    sendsIssuer: document['authorization_response_iss_parameter_supported'] === true,
  };
}

function optionalEndpoint(value: unknown, override: string | undefined): string | undefined {
  const address = override ?? value;
  if (typeof address !== 'string') return undefined;
  const url = URL.parse(address);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? address : undefined;
}

function names(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}
