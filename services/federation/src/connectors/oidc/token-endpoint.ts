import type { OidcConnectorConfig } from '@tessera/config';
import type { EgressClient } from '@tessera/egress';
import type { Secret } from '@tessera/watched-files';
import { upstreamMisconfigured } from '../../sign-in-errors.ts';
import type { UpstreamMetadata } from './discovery.ts';
import { askUpstream, type UpstreamAnswer } from './upstream-answer.ts';

/** What the upstream issued (RFC 6749 §5.1). */
export interface UpstreamTokens {
  readonly accessToken: string;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
}

/** The tokens, or that the upstream does not honour the code or refresh token any more (`invalid_grant`). */
export type TokenOutcome = { readonly ok: true; readonly tokens: UpstreamTokens } | { readonly ok: false };

/** Providers that refuse client authentication by header although they do not say so; Dex knows them too. */
const NO_BASIC: readonly string[] = ['okta.com', 'oktapreview.com'];

/** Error codes of RFC 6749 §5.2 that may stand in our log; anything else an upstream sends may not. */
const KNOWN_ERRORS: readonly unknown[] = [
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
];

/**
 * Asks the upstream's token endpoint (RFC 6749 §4.1.3 and §6) with our client credentials. A secret that it does not know is
 * read again at once; it has looked at no grant then (RFC 6749 §3.2.1). Throws `upstreamUnavailable`, or
 * `federation.upstream_misconfigured` when the upstream refuses us rather than the grant.
 */
export async function requestTokens(
  endpoint: TokenEndpoint,
  grant: Readonly<Record<string, string>>,
): Promise<TokenOutcome> {
  const { metadata, clientSecret } = endpoint;
  const ask = async (secret: string): Promise<UpstreamAnswer> => {
    const answer = await askForTokens(endpoint, grant, secret);
    if (answer.status !== 200 && answer.body['error'] === 'invalid_client') throw new ClientRefused(answer);
    return answer;
  };
  const { status, body } = await clientSecret
    .use(ask, (error) => error instanceof ClientRefused)
    .catch((error: unknown) => {
      if (error instanceof ClientRefused) return error.answer;
      throw error;
    });
  if (status !== 200) {
    const { error } = body;
    if (error === 'invalid_grant') return { ok: false };
    const reason = KNOWN_ERRORS.includes(error) ? String(error) : 'for another reason';
    throw upstreamMisconfigured(`the token endpoint of ${metadata.issuer} refuses with ${status}: ${reason}`);
  }
  const { access_token: accessToken, id_token: idToken, refresh_token: refreshToken } = body;
  if (typeof accessToken !== 'string') {
    throw upstreamMisconfigured(`the token endpoint of ${metadata.issuer} gives no access token`);
  }
  return { ok: true, tokens: { accessToken, idToken: textOf(idToken), refreshToken: textOf(refreshToken) } };
}

/** The upstream does not know us by this secret (`invalid_client`). */
class ClientRefused extends Error {
  readonly answer: UpstreamAnswer;

  constructor(answer: UpstreamAnswer) {
    super('the upstream refuses the client');
    this.answer = answer;
  }
}

function askForTokens(
  { config, metadata, client }: TokenEndpoint,
  grant: Readonly<Record<string, string>>,
  secret: string,
): Promise<UpstreamAnswer> {
  const form = new URLSearchParams(grant);
  const headers = authenticate(form, { config, secret }, metadata);
  return askUpstream(client, { url: metadata.tokenEndpoint, form, headers }, 'token endpoint');
}

/** Where tokens come from, and who asks. */
export interface TokenEndpoint {
  readonly config: OidcConnectorConfig;
  readonly clientSecret: Secret;
  readonly metadata: UpstreamMetadata;
  readonly client: EgressClient;
}

/** Adds our client authentication (RFC 6749 §2.3.1); answers the headers. */
function authenticate(
  form: URLSearchParams,
  { config, secret }: { readonly config: OidcConnectorConfig; readonly secret: string },
  metadata: UpstreamMetadata,
): Readonly<Record<string, string>> {
  const { clientID } = config;
  if (secret !== '' && !isBasicUnsupported(config, metadata)) {
    const credentials = `${formEncode(clientID)}:${formEncode(secret)}`;
    return { authorization: `Basic ${Buffer.from(credentials, 'latin1').toString('base64')}` };
  }
  form.set('client_id', clientID);
  if (secret !== '') form.set('client_secret', secret);
  return {};
}

function isBasicUnsupported(config: OidcConnectorConfig, { tokenEndpointAuthMethods }: UpstreamMetadata): boolean {
  if (config.basicAuthUnsupported !== undefined) return config.basicAuthUnsupported;
  const { hostname } = new URL(config.issuer);
  if (NO_BASIC.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))) return true;
  const methods = tokenEndpointAuthMethods ?? ['client_secret_basic'];
  return !methods.includes('client_secret_basic') && methods.includes('client_secret_post');
}

/** One word in application/x-www-form-urlencoded (RFC 6749 Appendix B). */
function formEncode(word: string): string {
  return new URLSearchParams([['', word]]).toString().slice(1);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
