import { describe, expect, test } from 'vitest';
import { formatProblems } from '../problem.ts';
import {
  client,
  configOf,
  ldapConnector,
  loadFile,
  loadText,
  minimalFile,
  problemsOf,
  warningsOf,
} from '../testing/config-text.ts';

const dexExample = `
issuer: http://127.0.0.1:5556/dex
storage: {type: sqlite3, config: {file: examples/dex.db}}
web: {http: 0.0.0.0:5556}
connectors:
- type: ldap
  name: OpenLDAP
  id: ldap
  config:
    host: localhost:389
    insecureNoSSL: true
    bindDN: cn=admin,dc=example,dc=org
    bindPW: admin
    usernamePrompt: Email Address
    userSearch: {baseDN: "ou=People,dc=example,dc=org", filter: "(objectClass=person)", username: mail, idAttr: DN, emailAttr: mail, nameAttr: cn}
    groupSearch: {baseDN: "ou=Groups,dc=example,dc=org", filter: "(objectClass=groupOfNames)", userMatchers: [{userAttr: DN, groupAttr: member}], nameAttr: cn}
staticClients:
- id: example-app
  redirectURIs: ["http://127.0.0.1:5555/callback"]
  name: Example App
  secret: ZXhhbXBsZS1hcHAtc2VjcmV0
`;

describe('loadConfig', () => {
  test('an LDAP file written for Dex loads without problems or warnings, with all defaults', () => {
    const result = loadText(dexExample);
    expect(warningsOf(result)).toEqual([]);
    expect(configOf(result)).toEqual({
      issuer: 'http://127.0.0.1:5556/dex',
      storage: { type: 'sqlite3', file: 'examples/dex.db' },
      ephemeral: { type: 'memory' },
      keyEncryption: { type: 'file', file: 'examples/dex.db.key', createIfMissing: true },
      web: {
        http: '0.0.0.0:5556',
        tlsMinVersion: '1.2',
        allowedOrigins: [],
        allowedHeaders: ['Authorization'],
        headers: {},
      },
      telemetry: {},
      oauth2: {
        grantTypes: [
          'authorization_code',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:device_code',
          'urn:ietf:params:oauth:grant-type:token-exchange',
        ],
        responseTypes: ['code'],
        responseModes: ['query', 'fragment', 'form_post'],
        requestObjects: { byValue: true, byReference: false },
        consentLifetimeSeconds: 0,
        trustedIssuers: [],
        skipApprovalScreen: false,
        alwaysShowLoginScreen: false,
        pkce: { enforce: false, codeChallengeMethodsSupported: ['S256'] },
      },
      expiry: {
        signingKeysSeconds: 21_600,
        masterSecretsSeconds: 7_776_000,
        idTokensSeconds: 86_400,
        accessTokensSeconds: 3600,
        authCodesSeconds: 60,
        authRequestsSeconds: 86_400,
        deviceRequestsSeconds: 300,
        refreshTokens: {
          disableRotation: false,
          reuseIntervalSeconds: 0,
          validIfNotUsedForSeconds: 0,
          absoluteLifetimeSeconds: 0,
        },
      },
      logger: { level: 'info', format: 'text', excludeFields: [] },
      frontend: { issuer: 'Tessera', theme: 'auto', extra: {} },
      signer: {
        type: 'local',
        keysRotationPeriodSeconds: 21_600,
        algorithm: 'RS256',
        algorithms: ['RS256'],
        rsaKeyBits: 2048,
        selfSignedCertificates: false,
      },
      formerSigners: [],
      connectors: [
        {
          type: 'ldap',
          id: 'ldap',
          name: 'OpenLDAP',
          grantTypes: [],
          config: {
            host: 'localhost:389',
            insecureNoSSL: true,
            insecureSkipVerify: false,
            startTLS: false,
            bindDN: 'cn=admin,dc=example,dc=org',
            bindPW: 'admin',
            usernamePrompt: 'Email Address',
            userSearch: {
              baseDN: 'ou=People,dc=example,dc=org',
              filter: '(objectClass=person)',
              username: ['mail'],
              scope: 'sub',
              idAttr: 'DN',
              emailAttr: 'mail',
              nameAttr: 'cn',
            },
            groupSearch: {
              baseDN: 'ou=Groups,dc=example,dc=org',
              filter: '(objectClass=groupOfNames)',
              scope: 'sub',
              nameAttr: 'cn',
              userMatchers: [{ userAttr: 'DN', groupAttr: 'member' }],
            },
          },
        },
      ],
      staticClients: [
        {
          id: 'example-app',
          name: 'Example App',
          secret: 'ZXhhbXBsZS1hcHAtc2VjcmV0',
          redirectUris: ['http://127.0.0.1:5555/callback'],
          postLogoutRedirectUris: [],
          trustedPeers: [],
          isPublic: false,
          isEnabled: true,
          allowedConnectors: [],
          furtherSecrets: [],
          settings: {},
        },
      ],
      enablePasswordDb: false,
      staticPasswords: [],
      sessions: {
        enabled: true,
        cookieName: 'tessera_session',
        absoluteLifetimeSeconds: 86_400,
        validIfNotUsedForSeconds: 3600,
        rememberMeCheckedByDefault: true,
        ssoSharedWithDefault: 'none',
      },
      resources: { identityResources: [], apiScopes: [], apiResources: [] },
      claims: { mappings: {}, accessTokenMappings: {}, presets: [] },
      services: {
        authorize: { addresses: [] },
        token: { addresses: [] },
        keys: { addresses: [] },
        federation: { addresses: [] },
        storage: { addresses: [] },
        events: { addresses: [] },
      },
      shutdown: { graceSeconds: 20, delaySeconds: 0 },
      rpc: { insecurePlaintext: false, deadlineSeconds: 5 },
    });
  });

  test('all problems are told together, with path and line, in the order of the file', () => {
    const result = loadText(`issuer: http://id.example.org/dex/
storage: {type: kubernetes}
web: {https: ":5554", tlsMinVersion: "1.3", tlsMaxVersion: "1.2"}
expiry: {idTokens: 1d}
connectors:
- type: ldap
  id: ldap
  name: LDAP
  config:
    host: ldap
    userSearch:
      baseDN: dc=x
- {type: github, id: g, name: G}
staticClients:
- id: a
  secret: 12345
- {id: a, name: A}
staticPasswords:
- {email: A@b.c, hash: nonsense, userID: x}
`);
    expect(formatProblems(result.ok ? [] : result.problems)).toBe(
      `config.yaml: 14 problems in the configuration
  line 1: issuer must not end with a slash; write http://id.example.org/dex
  line 2: storage.type is "kubernetes", a storage type known from Dex, not served by this version; the storage types are memory, sqlite3, postgres, mysql, etcd
  line 3: web.tlsCert is required with web.https
  line 3: web.tlsKey is required with web.https
  line 3: web.tlsMinVersion (1.3) is higher than tlsMaxVersion (1.2)
  line 4: expiry.idTokens is not a duration: there is no unit longer than an hour; write 24h
  line 11: connectors[0].config.userSearch.username is required
  line 13: connectors[1].type is "github", a connector type known from Dex, not served by this version; the connector types are ldap, oidc, mockCallback, mockPassword; remove this entry to go on without it
  line 15: staticClients[0].name is required
  line 16: staticClients[0].secret must be text, not a number; put it in quotes
  line 17: staticClients[1].id is the same as staticClients[0].id
  line 17: staticClients[1].secret is required (or secretEnv, secretFile or secrets), unless the client has public: true or the method private_key_jwt
  line 18: staticPasswords need enablePasswordDB: true
  line 19: staticPasswords[0].hash must be a bcrypt hash, base64 of one, or an Argon2id PHC string (a value with dollar signs needs single quotes in a shell)`,
    );
  });

  test('an empty map lacks what is required', () => {
    expect(problemsOf(loadText('{}'))).toEqual([
      'connectors has no entry and enablePasswordDB is off, so nobody could sign in',
      'issuer is required',
      'storage is required',
      'web is required',
    ]);
  });

  test.each([
    [{ web: 'x' }, 'web must be a map of keys, not text'],
    [{ storage: 'memory' }, 'storage must be a map of keys, not text'],
    [{ connectors: { type: 'ldap' } }, 'connectors must be a list, not a map'],
    [{ connectors: [null] }, 'connectors[0] must be a map of keys, not nothing'],
    [{ issuer: 5 }, 'issuer must be text, not a number; put it in quotes'],
    [{ oauth2: { skipApprovalScreen: 'maybe' } }, 'oauth2.skipApprovalScreen must be true or false'],
    [{ oauth2: { responseTypes: 'code' } }, 'oauth2.responseTypes must be a list, not text'],
    [{ frontend: { extra: { a: 1 } } }, 'frontend.extra.a must be text, not a number; put it in quotes'],
    [{ web: { http: ':1', tlsMinVersion: 1.2 } }, 'web.tlsMinVersion must be in quotes'],
    [{ web: { http: ':1', tlsMinVersion: '1.1' } }, 'web.tlsMinVersion must be one of 1.2, 1.3; did you mean "1.2"?'],
    [{ expiry: { idTokens: 24 } }, 'expiry.idTokens must be a duration with a unit, for example "30s", "10m" or "24h"'],
  ])('a wrong type is one problem: %j', (changes, expected) => {
    expect(problemsOf(loadFile(changes))).toEqual([expected]);
  });

  test.each(['yes', 'on'])('YAML 1.1’s %s is true, as Dex reads it', (word) => {
    expect(
      configOf(loadText(`${JSON.stringify(minimalFile).slice(0, -1)}, "enablePasswordDB": ${word}}`)).enablePasswordDb,
    ).toBe(true);
  });

  test('no secret of the file or the environment stands in a problem or a warning', () => {
    const canary = 'canary-0123456789';
    const env = { CANARY: canary };
    const result = loadFile(
      {
        storage: { type: 'postgres', config: { host: 'h', user: 'u', password: canary, port: canary } },
        ephemeral: { type: 'redis', config: { url: `redis://${canary}:${canary}@:x` } },
        keyEncryption: { value: canary },
        oauth2: { pairwiseSecret: canary },
        resources: { apiResources: [{ name: 'a', secrets: [{ value: { a: canary } }] }] },
        sessions: { cookieEncryptionKey: canary },
        telemetry: { otlpEndpoint: `http://${canary}:${canary}@collector` },
        connectors: [
          ldapConnector({ bindPW: [canary] }),
          { type: 'mockPassword', id: 'm', name: 'M', config: { password: { x: canary } } },
        ],
        staticClients: [
          client({ secret: { a: canary } }),
          client({ id: 'b', secret: undefined, secretEnv: `${canary}!` }),
          client({ id: 'c', secrets: [{ value: [canary] }, { valueEnv: `${canary}!` }] }),
          client({ id: 'd', keys: { jwks: { keys: [{ kty: 'oct', k: canary }] } } }),
          client({ id: 'e', secret: canary, authentication: { method: 'client_secret_jwt' } }),
        ],
        staticPasswords: [
          { email: 'a@b', userID: 'x', hash: canary },
          { email: 'c@d', userID: 'y', hashFromEnv: 'CANARY' },
        ],
      },
      { env },
    );
    expect(problemsOf(result).length).toBeGreaterThan(14);
    expect(JSON.stringify(result)).not.toContain(canary);
  });
});
