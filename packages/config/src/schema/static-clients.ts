import { checkRedirectUri, type RedirectUriProblem } from '@tessera/oauth';
import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { StaticClientConfig } from '../types.ts';
import { checkedText, flag, ignored, isOn, nameList, optionalText, requiredText } from './fields.ts';
import { imageFault } from './frontend.ts';
import { type Partially, presentItems } from './partially.ts';

const redirectUris = (description: string) =>
  z.array(checkedText('An absolute URI.', redirectUriFault)).default([]).describe(description);

/** One entry of `staticClients`. */
export const staticClientSchema = z.strictObject({
  id: optionalText('Client identifier; this or `idEnv`.'),
  idEnv: optionalText('Environment variable that holds the client identifier.'),
  secret: optionalText('Client secret; this, `secretEnv` or `secretFile`, unless the client is public.'),
  secretEnv: optionalText('Environment variable that holds the secret.'),
  secretFile: optionalText('File that holds the secret.'),
  name: requiredText('Name shown to people.'),
  redirectURIs: redirectUris('Where answers may be sent; compared exactly.'),
  postLogoutRedirectURIs: redirectUris('Where the browser may be sent after sign-out.'),
  backchannelLogoutURI: ignored(
    'Where logout tokens are posted.',
    'back-channel logout is not sent; the key has no effect',
  ),
  refreshTokenLifetime: z
    .enum(['standalone', 'session'])
    .exactOptional()
    .describe(
      '`standalone` is how refresh tokens live here; `session` is known from Dex and not served by this version.',
    ),
  trustedPeers: nameList('Clients that may ask for tokens for this one.'),
  public: flag('The client cannot keep a secret (an application on a phone or in a browser); PKCE is then required.'),
  logoURL: checkedText('Logo: an http or https URL, or a path that begins with a slash.', imageFault).exactOptional(),
  allowedConnectors: nameList('Connectors this client may use; empty = all.'),
  mfaChain: ignored('Second factors of this client.', 'there are no second factors; the key has no effect'),
  ssoSharedWith: ignored(
    'Clients that may join this client’s session.',
    'sign-in is not shared between clients; the key has no effect',
  ),
  clientCredentialsClaims: ignored(
    'Claims of the client credentials grant.',
    'the client credentials grant is not served; the key has no effect',
  ),
});

type Client = Partially<z.input<typeof staticClientSchema>>;

/** Schemes whose "redirect" would run in the page or read local files. */
const dangerousSchemes: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
]);

/** Where Dex sends a browser in its device grant. */
const deviceCallback = '/device/callback';

/** Why a URI that may be registered is refused in every request. */
const unusableBecause: Readonly<Record<RedirectUriProblem, string>> = {
  'too-long': 'it is too long',
  'illegal-character': 'a character is not allowed in a URI (RFC 3986 §2)',
  'not-absolute': 'it is not absolute (RFC 6749 §3.1.2)',
  'scheme-not-allowed': 'the scheme must be https, http, or have a dot (RFC 8252 §7.1)',
  fragment: 'it has a fragment (RFC 6749 §3.1.2)',
  userinfo: 'it has a user name or password',
  'host-malformed': 'the host is malformed',
  'dot-segment': 'the path has dot segments',
  'response-parameter': 'the query has a parameter that belongs to answers, such as code or state',
};

function unusable(uri: string): string | undefined {
  const check = checkRedirectUri(uri);
  return check.ok ? undefined : unusableBecause[check.reason];
}

/** A rule: an absolute URI without fragment (RFC 6749 §3.1.2), or Dex's `/device/callback`. */
function redirectUriFault(value: string): string | undefined {
  if (value === deviceCallback) return undefined;
  const url = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\\]+$/.test(value) ? URL.parse(value) : null;
  if (url === null) return 'must be an absolute URI';
  if (value.includes('#')) return 'must not have a fragment (RFC 6749 §3.1.2)';
  return dangerousSchemes.has(url.protocol) ? `must not use the scheme ${url.protocol}` : undefined;
}

/** Rules within and between clients; secrets are filled from their sources before. */
export function checkStaticClients(clients: readonly (Client | undefined)[] | undefined, report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, client] of presentItems(clients)) {
    const path = ['staticClients', index];
    if (!client.id) report.derived([...path, 'id'], 'is required (or idEnv)');
    if (!isOn(client.public)) {
      const message = 'is required (or secretEnv or secretFile), unless the client has public: true';
      if (!client.secret) report.derived([...path, 'secret'], message);
    }
    if (client.refreshTokenLifetime === 'session') {
      const message =
        'is "session", known from Dex, not served by this version: refresh tokens would outlive the session they should end with';
      report.derived([...path, 'refreshTokenLifetime'], message);
    }
    const earlier = client.id ? seen.get(client.id) : undefined;
    if (earlier !== undefined) report.derived([...path, 'id'], `is the same as staticClients[${earlier}].id`);
    else if (client.id) seen.set(client.id, index);
  }
}

/** What has no effect: redirect URIs that no request may name, connectors that are not configured. */
export function warnAboutStaticClients(
  clients: readonly z.output<typeof staticClientSchema>[],
  connectorIds: readonly string[],
  report: Report,
): void {
  for (const [index, client] of clients.entries()) {
    const path = ['staticClients', index];
    if (client.refreshTokenLifetime !== undefined) {
      report.warning(
        [...path, 'refreshTokenLifetime'],
        'has no effect: refresh tokens are always standalone in this version',
      );
    }
    for (const [position, uri] of client.redirectURIs.entries()) {
      const why = uri === deviceCallback ? 'the device grant is not served by this version' : unusable(uri);
      if (why !== undefined) report.warning([...path, 'redirectURIs', position], `is never redirected to: ${why}`);
    }
    const unknown = client.allowedConnectors.filter((id) => !connectorIds.includes(id));
    if (unknown.length > 0)
      report.warning([...path, 'allowedConnectors'], `names connectors that are not configured: ${unknown.join(', ')}`);
  }
}

/** The effective client. */
export function toStaticClientConfig(client: z.output<typeof staticClientSchema>): StaticClientConfig {
  return {
    id: client.id ?? '',
    name: client.name,
    redirectUris: client.redirectURIs,
    postLogoutRedirectUris: client.postLogoutRedirectURIs,
    trustedPeers: client.trustedPeers,
    isPublic: client.public,
    allowedConnectors: client.allowedConnectors,
    ...(client.secret ? { secret: client.secret } : {}),
    ...(client.logoURL ? { logoUrl: client.logoURL } : {}),
  };
}
