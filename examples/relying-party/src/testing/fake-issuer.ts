import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An issuer that signs one person in without asking, and can be told to misbehave. */
export interface FakeIssuer extends AsyncDisposable {
  readonly issuer: string;
  /** Changes the next answers. */
  readonly behaviour: {
    /** Error that the authorization endpoint answers with. */
    refusal: string | undefined;
    /** Replaces the nonce in ID tokens. */
    nonce: string | undefined;
    /** Whether userinfo answers 401 `invalid_token`. */
    isTokenRefused: boolean;
  };
  /** Tokens that were revoked. */
  readonly revoked: ReadonlySet<string>;
  /** A logout token for the client `app`, with changes to its claims and its `typ`. */
  logoutToken(changes?: Readonly<Record<string, unknown>>, typ?: string): string;
}

/** Status and headers of a JSON answer (RFC 6749 §5.2, RFC 6750 §3). */
function headOf(answer: object): [status: number, headers: Record<string, string>] {
  const headers = { 'content-type': 'application/json' };
  if (!('error' in answer)) return [200, headers];
  if (answer.error !== 'invalid_token') return [400, headers];
  return [401, { ...headers, 'www-authenticate': 'Bearer error="invalid_token"' }];
}

interface Code {
  readonly nonce: string;
  readonly challenge: string;
  readonly scope: string;
}

/** Starts a {@link FakeIssuer} for the client `app` with the secret `secret`; port 0 takes a free one. */
export async function startFakeIssuer(port = 0): Promise<FakeIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const behaviour: FakeIssuer['behaviour'] = { refusal: undefined, nonce: undefined, isTokenRefused: false };
  const codes = new Map<string, Code>();
  const revoked = new Set<string>();
  let issuer = '';

  const jwt = (claims: object, typ = 'JWT'): string => {
    const parts = [{ alg: 'ES256', kid: 'key', typ }, claims].map((part) => base64url(JSON.stringify(part)));
    const signature = sign('sha256', Buffer.from(parts.join('.')), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return [...parts, signature.toString('base64url')].join('.');
  };
  const logoutToken: FakeIssuer['logoutToken'] = (changes, typ = 'logout+jwt') => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const named = { sub: 'person-1', sid: 'session-1' };
    return jwt({ iss: issuer, aud: 'app', ...timesNow(), jti: randomUUID(), events, ...named, ...changes }, typ);
  };
  const tokens = (scope: string, nonce?: string): object => {
    const times = timesNow();
    const person = { sub: 'person-1', sid: 'session-1', name: '<b>Ada</b>', email: 'ada@example.com' };
    const idToken = jwt({ iss: issuer, aud: 'app', ...times, ...person, ...(nonce === undefined ? {} : { nonce }) });
    const access = {
      access_token: jwt({ iss: issuer, client_id: 'app', ...times, jti: randomUUID() }),
      token_type: 'Bearer',
    };
    const refresh = scope.includes('offline_access') ? { refresh_token: `refresh-${randomUUID()}` } : {};
    return { ...access, id_token: idToken, ...refresh };
  };
  const endpoints: Record<string, (url: URL, form: URLSearchParams) => object | string> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      userinfo_endpoint: `${issuer}/userinfo`,
      introspection_endpoint: `${issuer}/introspect`,
      revocation_endpoint: `${issuer}/revoke`,
      end_session_endpoint: `${issuer}/logout`,
      id_token_signing_alg_values_supported: ['ES256'],
    }),
    '/keys': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key', alg: 'ES256', use: 'sig' }] }),
    '/auth': ({ searchParams: query }) => {
      const answer = new URL(query.get('redirect_uri') ?? '');
      answer.searchParams.set('state', query.get('state') ?? '');
      if (behaviour.refusal !== undefined) {
        answer.searchParams.set('error', behaviour.refusal);
        answer.searchParams.set('error_description', '<script>alert(1)</script>');
        return answer.href;
      }
      const code = randomUUID();
      const [nonce = '', challenge = '', scope = ''] = ['nonce', 'code_challenge', 'scope'].map(
        (name) => query.get(name) ?? '',
      );
      codes.set(code, { nonce, challenge, scope });
      answer.searchParams.set('code', code);
      return answer.href;
    },
    '/token': (_url, form) => {
      if (form.get('grant_type') === 'refresh_token') {
        return revoked.has(form.get('refresh_token') ?? '') ? { error: 'invalid_grant' } : tokens('offline_access');
      }
      const code = codes.get(form.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (code === undefined || challenge !== code.challenge) return { error: 'invalid_grant' };
      return tokens(code.scope, behaviour.nonce ?? code.nonce);
    },
    '/userinfo': () => (behaviour.isTokenRefused ? { error: 'invalid_token' } : { sub: 'person-1', given_name: 'Ada' }),
    '/introspect': (_url, form) => ({ active: !revoked.has(form.get('token') ?? ''), client_id: 'app' }),
    '/logout': ({ searchParams: query }) => query.get('post_logout_redirect_uri') ?? '',
    '/revoke': (_url, form) => {
      revoked.add(form.get('token') ?? '');
      return {};
    },
  };
  const server = createServer((request, response) => {
    void readText(request).then((text) => {
      const url = new URL(request.url ?? '/', issuer);
      const answer = endpoints[url.pathname]?.(url, new URLSearchParams(text)) ?? { error: 'not_found' };
      if (typeof answer === 'string') response.writeHead(303, { location: answer }).end();
      else response.writeHead(...headOf(answer)).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { issuer, behaviour, revoked, logoutToken, [Symbol.asyncDispose]: close };
}

function timesNow(): { readonly iat: number; readonly exp: number } {
  const now = Math.floor(performance.timeOrigin / 1000 + performance.now() / 1000);
  return { iat: now, exp: now + 300 };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
