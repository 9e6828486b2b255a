import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OneProcess, startOneProcess } from '../support/one-process.ts';
import { authorizationUrl, post } from '../support/sign-in.ts';
import { APP, CALLBACK, PASSWORD_HASH } from '../support/system-config.ts';

// What discovery lists is asked of the server one by one, and so is everything it could list and does not: the answers, not
// the configuration, decide what belongs into the document.

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CIBA = 'urn:openid:params:grant-type:ciba';

const BASE = {
  enablePasswordDB: true,
  staticPasswords: [
    {
      email: 'admin@example.com',
      hash: PASSWORD_HASH,
      username: 'admin',
      userID: '08a8684b-db88-4b73-90a9-3cd1661f5466',
    },
  ],
  staticClients: [{ id: APP.id, secret: APP.secret, name: 'App', redirectURIs: [CALLBACK] }],
};

const CONFIGURATIONS: readonly (readonly [name: string, config: Readonly<Record<string, unknown>>])[] = [
  ['what is there by default', {}],
  [
    'as little as can be',
    {
      sessions: { enabled: false },
      oauth2: {
        grantTypes: ['authorization_code'],
        responseTypes: ['code'],
        responseModes: ['query'],
        requestObjects: { byValue: false },
      },
    },
  ],
  [
    'everything',
    {
      oauth2: {
        grantTypes: [
          'authorization_code',
          'implicit',
          'refresh_token',
          'client_credentials',
          'password',
          DEVICE,
          EXCHANGE,
          JWT_BEARER,
        ],
        responseTypes: [
          'code',
          'token',
          'id_token',
          'id_token token',
          'code id_token',
          'code token',
          'code id_token token',
        ],
        passwordConnector: 'local',
        requestObjects: { byReference: true },
        pkce: { codeChallengeMethodsSupported: ['S256', 'plain'] },
        trustedIssuers: [
          {
            issuer: 'https://partner.example',
            keys: { jwksURI: 'https://partner.example/keys' },
            connectorID: 'local',
          },
        ],
      },
      resources: { apiScopes: [{ name: 'files.read' }, { name: 'files.hidden', showInDiscovery: false }] },
    },
  ],
];

describe.each(CONFIGURATIONS)('OIDC Discovery §3, RFC 8414 §2, with %s', (_name, config) => {
  let server: OneProcess;
  let metadata: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    server = await startOneProcess({ config: { ...BASE, ...config } });
    const answer = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    metadata = (await answer.json()) as Record<string, unknown>;
  });
  afterAll(() => server?.close());

  const listed = (name: string): readonly string[] => (metadata[name] ?? []) as readonly string[];

  /** How an authorization request is refused at the client; undefined = it is not. */
  async function refusal(parameters: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
    const url = authorizationUrl({ issuer: server.issuer, scope: 'openid', parameters: { nonce: 'n', ...parameters } });
    const answer = await fetch(url, { redirect: 'manual' });
    const location = URL.parse(answer.headers.get('location') ?? '', server.issuer);
    if (location?.href.startsWith(CALLBACK) === true) {
      return new URLSearchParams(location.search || location.hash.slice(1)).get('error') ?? undefined;
    }
    return /name="error" value="([a-z_]+)"/.exec(await answer.text())?.[1];
  }

  test('grant_types_supported is what the token endpoint takes', async () => {
    const known = [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'password',
      DEVICE,
      EXCHANGE,
      JWT_BEARER,
      CIBA,
      'urn:example:extension',
    ];
    const taken = await Promise.all(
      known.map(async (grant) => {
        const { body } = await post(`${server.issuer}/token`, { grant_type: grant });
        return body['error'] === 'unsupported_grant_type' ? [] : [grant];
      }),
    );
    const withFrontChannel = (await refusal({ response_type: 'id_token' })) === undefined ? ['implicit'] : [];
    expect(listed('grant_types_supported').toSorted()).toEqual([...taken.flat(), ...withFrontChannel].toSorted());
  });

  test('response_types_supported and response_modes_supported are what the authorization endpoint takes', async () => {
    const types = ['code', 'token', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'];
    const taken: string[] = [];
    for (const type of types) if ((await refusal({ response_type: type })) === undefined) taken.push(type);
    expect(listed('response_types_supported').toSorted()).toEqual(taken.toSorted());
    const modes: string[] = [];
    for (const mode of ['query', 'fragment', 'form_post', 'web_message', 'jwt']) {
      if ((await refusal({ response_mode: mode })) === undefined) modes.push(mode);
    }
    expect(listed('response_modes_supported').toSorted()).toEqual(modes.toSorted());
  });

  test('scopes, prompts and challenge methods are those that are taken', async () => {
    for (const scope of listed('scopes_supported')) expect(await refusal({ scope: `openid ${scope}` })).toBeUndefined();
    expect(await refusal({ scope: 'openid unheard.of' })).toBe('invalid_scope');
    expect(listed('scopes_supported')).not.toContain('files.hidden');
    for (const prompt of ['login', 'consent', 'select_account', 'create']) {
      const isTaken = (await refusal({ prompt })) === undefined;
      expect([prompt, isTaken]).toEqual([prompt, listed('prompt_values_supported').includes(prompt)]);
    }
    for (const method of ['S256', 'plain']) {
      const isTaken = (await refusal({ code_challenge: 'x'.repeat(43), code_challenge_method: method })) === undefined;
      expect([method, isTaken]).toEqual([method, listed('code_challenge_methods_supported').includes(method)]);
    }
  });

  test('request objects and claims are taken where discovery says so', async () => {
    const byValue = await refusal({ request: 'e30.e30.e30' });
    expect(byValue).toBe(
      metadata['request_parameter_supported'] === true ? 'invalid_request_object' : 'request_not_supported',
    );
    const byReference = await refusal({ request_uri: 'https://app.example/request' });
    expect(byReference).toBe(
      metadata['request_uri_parameter_supported'] === true ? 'invalid_request_uri' : 'request_uri_not_supported',
    );
    expect([metadata['claims_parameter_supported'], await refusal({ claims: '{"userinfo":{"email":null}}' })]).toEqual([
      true,
      undefined,
    ]);
  });

  test('RFC 8414 §3.1: the document stands below the issuer’s path, and at the root with that path behind its name', async () => {
    const { origin, pathname } = new URL(server.issuer);
    for (const document of ['openid-configuration', 'oauth-authorization-server']) {
      for (const path of [`${pathname}/.well-known/${document}`, `/.well-known/${document}${pathname}`]) {
        const answer = await fetch(`${origin}${path}`);
        expect([path, answer.status]).toEqual([path, 200]);
        expect(await answer.json()).toEqual(metadata);
      }
      expect((await fetch(`${origin}/.well-known/${document}`)).status).toBe(404);
    }
    expect((await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`)).status).toBe(404);
  });

  test('every endpoint that is listed answers, and one that is not listed is not there', async () => {
    const paths: Readonly<Record<string, string>> = {
      authorization_endpoint: '/auth',
      token_endpoint: '/token',
      userinfo_endpoint: '/userinfo',
      jwks_uri: '/keys',
      introspection_endpoint: '/token/introspect',
      revocation_endpoint: '/token/revoke',
      end_session_endpoint: '/logout',
      check_session_iframe: '/session/check',
      device_authorization_endpoint: '/device/code',
      pushed_authorization_request_endpoint: '/par',
      registration_endpoint: '/register',
    };
    for (const [name, path] of Object.entries(paths)) {
      const { status } = await fetch(`${server.issuer}${path}`, { redirect: 'manual' });
      const isRefusedByGrant = path === '/device/code' && !listed('grant_types_supported').includes(DEVICE);
      expect([name, status !== 404 && !isRefusedByGrant]).toEqual([name, metadata[name] !== undefined]);
      if (metadata[name] !== undefined) expect(metadata[name]).toBe(`${server.issuer}${path}`);
    }
  });
});
