import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  bcryptHash,
  client,
  configOf,
  everyClientKey,
  everyClientSurroundings,
  ldapConnector,
  loadFile,
  loadText,
  oidcConnector,
} from '../testing/config-text.ts';
import { effectiveYaml } from './effective-yaml.ts';
import { toFileForm } from './file-form.ts';
import { configJsonSchema } from './json-schema.ts';
import { maskSecrets } from './mask-secrets.ts';
import { configReference } from './reference.ts';

const canary = 'canary-0123456789';
const keyValue = Buffer.alloc(32, 7).toString('base64');
const olderKeyValue = Buffer.alloc(32, 8).toString('base64');
const canaryHash = bcryptHash.replace('abc', 'CAN');

const jwk = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'a' };

const everything = {
  storage: {
    type: 'postgres',
    config: { host: 'db', database: 'd', user: 'u', password: canary, ssl: { mode: 'verify-ca', caFile: 'ca' } },
  },
  ephemeral: { type: 'redis', config: { url: `rediss://user:${canary}@cache:6380/1` } },
  keyEncryption: {
    value: keyValue,
    alsoOpens: [
      { value: olderKeyValue },
      { vault: { addr: 'https://v', token: canary, keyName: 'kek', namespace: 'n', caFile: 'ca' } },
    ],
  },
  signer: {
    type: 'vault',
    config: {
      addr: 'https://v:8200',
      token: canary,
      keysRotationPeriod: '12h',
      algorithm: 'ES256',
      algorithms: ['RS256', 'EdDSA'],
      keyName: 'ec',
      keyNames: { RS256: 'rsa', EdDSA: 'ed' },
    },
  },
  formerSigners: [{ type: 'pkcs11', config: { library: 'l', tokenLabel: 't', pin: canary } }],
  web: {
    http: ':1',
    https: ':2',
    tlsCert: 'c',
    tlsKey: 'k',
    clientRemoteIP: { header: 'X-Real-IP', trustedProxies: ['10.0.0.0/8'] },
  },
  telemetry: { http: ':3', otlpEndpoint: 'http://collector:4318' },
  oauth2: {
    ...everyClientSurroundings.oauth2,
    skipApprovalScreen: true,
    alwaysShowLoginScreen: true,
    consentLifetime: '720h',
    pairwiseSecret: `${canary}-pairwise-secret`,
    passwordConnector: 'm',
    grantTypes: [...everyClientSurroundings.oauth2.grantTypes, 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    trustedIssuers: [
      { issuer: 'a', keys: { jwks: { keys: [jwk] } }, connectorID: 'm', clients: ['app'] },
      { issuer: 'b', keys: { jwksURI: 'https://b.example.org/keys' }, connectorID: 'm' },
    ],
    pkce: { enforce: true },
  },
  sessions: { enabled: true, cookieName: 'sso', absoluteLifetime: '720h', validIfNotUsedFor: '48h30m' },
  resources: {
    identityResources: [{ name: 'employment', required: true, claimMappings: { a: 'b' } }],
    apiScopes: [{ name: 'orders', description: 'Orders', claims: ['email'] }],
    apiResources: [
      {
        name: 'https://orders.example.org',
        scopes: ['orders'],
        secrets: [{ value: canary }, { value: canary, expiresAt: '2030-01-31T12:00:00.5+01:00' }],
        requireResourceIndicator: true,
        signingAlgorithms: ['ES256'],
      },
    ],
  },
  claims: { mappings: { a: 'b' }, presets: ['arkid'], arkidTenant: { id: '1', slug: 's' } },
  expiry: {
    idTokens: '90m',
    refreshTokens: { reuseInterval: '300ms', validIfNotUsedFor: '48h', absoluteLifetime: '720h' },
  },
  logger: { level: 'debug', format: 'json', excludeFields: ['email'] },
  frontend: {
    dir: '/web',
    logoURL: '/logo.svg',
    issuer: 'Example',
    theme: 'dark',
    extra: { a: 'b' },
    accentColor: '#05a',
  },
  connectors: [
    ldapConnector({ bindDN: 'cn=a', bindPW: canary }),
    oidcConnector({ clientSecret: canary, promptType: '' }),
    {
      type: 'mockPassword',
      id: 'm',
      name: 'M',
      grantTypes: ['refresh_token', 'password'],
      config: { username: 'u', password: canary },
    },
  ],
  staticClients: [
    client({ secret: canary, trustedPeers: ['x'], logoURL: 'https://l' }),
    client({ id: 'p', secret: undefined, public: true }),
    { ...everyClientKey([jwk]), id: 'q', secrets: [{ value: canary, expiresAt: '2030-01-31' }] },
    client({ id: 'r', keys: { jwksURI: 'https://r.example.org/keys' }, scopes: [], ssoSharedWith: [] }),
  ],
  enablePasswordDB: true,
  staticPasswords: [
    { email: 'a@b', userID: '1', hash: canaryHash, groups: ['g'], claims: { address: { country: 'NL' } } },
  ],
  services: { storage: { grpc: ':7', addresses: ['s:7'] } },
  rpc: { tls: { caFile: 'a', certFile: 'b', keyFile: 'c' }, deadline: '1500ms' },
};

describe('effectiveYaml', () => {
  const config = configOf(loadFile(everything));

  test('shows no secret', () => {
    const yaml = effectiveYaml(config);
    for (const secret of [canary, canaryHash, keyValue, olderKeyValue]) expect(yaml).not.toContain(secret);
  });

  test('shows where secrets are, and everything else, in the key names of the file', () => {
    const shown = parse(effectiveYaml(config)) as Record<string, unknown>;
    expect(shown).toMatchObject({
      storage: { config: { password: '*****', connectionTimeout: 5, ssl: { mode: 'verify-ca' } } },
      ephemeral: { config: { host: 'cache', username: 'user', password: '*****' } },
      keyEncryption: {
        value: '*****',
        alsoOpens: [{ value: '*****' }, { vault: { addr: 'https://v', token: '*****', keyName: 'kek' } }],
      },
      signer: {
        type: 'vault',
        config: { addr: 'https://v:8200', token: '*****', keyNames: { RS256: 'rsa', ES256: 'ec', EdDSA: 'ed' } },
      },
      formerSigners: [{ type: 'pkcs11', config: { library: 'l', pin: '*****' } }],
      web: { clientRemoteIP: { header: 'X-Real-IP' } },
      expiry: { idTokens: '1h30m', authCodes: '1m' },
      connectors: [
        { config: { bindPW: '*****' } },
        { config: { clientSecret: '*****', clientID: 'tessera' } },
        { config: { password: '*****' } },
      ],
      staticClients: [
        { id: 'app', secret: '*****', redirectURIs: ['https://app.example.org/callback'] },
        { public: true },
        {
          secret: '*****',
          secrets: [{ value: '*****', expiresAt: '2030-01-31T00:00:00.000Z' }],
          tokens: { accessTokenLifetime: '5m' },
          refreshTokens: { absoluteLifetime: '0s' },
          refreshTokenLifetime: 'session',
          claims: { values: { tier: 'gold' } },
          keys: { jwks: { keys: [{ kid: 'a' }] } },
        },
        { keys: { jwksURI: 'https://r.example.org/keys' }, scopes: [], ssoSharedWith: [] },
      ],
      oauth2: { pairwiseSecret: '*****', consentLifetime: '720h', trustedIssuers: [{ connectorID: 'm' }, {}] },
      sessions: { absoluteLifetime: '720h', validIfNotUsedFor: '48h30m' },
      resources: { apiResources: [{ secrets: [{ value: '*****' }, { value: '*****' }] }] },
      staticPasswords: [{ email: 'a@b', hash: '*****', userID: '1' }],
      enablePasswordDB: true,
    });
  });

  test.each([
    ['with everything set', everything],
    ['with nothing but defaults', {}],
    ['with SQLite', { storage: { type: 'sqlite3', config: { file: 'a.db' } } }],
    ['with a key file', { keyEncryption: { file: 'kek' } }],
    [
      'with a PKCS#11 token, and keys of before in Vault',
      {
        signer: {
          type: 'pkcs11',
          config: { library: 'l', tokenLabel: 't', pin: canary, algorithms: ['ES256'], rsaKeySize: 3072 },
        },
        formerSigners: [{ type: 'vault', config: { addr: 'http://127.0.0.1:8200', tokenFile: 'f', mount: 'a/b' } }],
        keyEncryption: {
          vault: { addr: 'https://v', tokenFile: 'f', keyName: 'kek' },
          alsoOpens: [{ file: 'old' }],
        },
      },
    ],
    [
      'with a local signer of its own',
      { signer: { type: 'local', config: { rsaKeySize: 4096, selfSignedCertificates: true } } },
    ],
    [
      'with MySQL, Sentinels and Kafka',
      {
        storage: { type: 'mysql', config: { host: 'db', database: 'd', user: 'u', ssl: { mode: false } } },
        ephemeral: { type: 'redis', config: { sentinel: { master: 'm', nodes: ['[::1]:1'], password: canary } } },
        events: {
          type: 'kafka',
          config: { brokers: ['k:1'], tls: {}, sasl: { mechanism: 'plain', username: 'u', password: canary } },
        },
        keyEncryption: { value: keyValue },
      },
    ],
    [
      'with etcd, a Redis Cluster and a file of events',
      {
        storage: { type: 'etcd', config: { endpoints: ['https://e:1'], namespace: 'n', password: canary } },
        ephemeral: { type: 'redis', config: { cluster: { nodes: ['a', 'b:2'] } } },
        events: { type: 'file', config: { file: 'events.jsonl' } },
        keyEncryption: { value: keyValue },
      },
    ],
  ])('before masking, it loads again as the same configuration %s', (_, changes) => {
    const first = configOf(loadFile(changes));
    expect(configOf(loadText(stringify(toFileForm(first))))).toEqual(first);
  });

  test('a secret of a file is shown as the name of its file, and loads again from there', () => {
    const readFile = (): string => canary;
    const named = { passwordFile: '/run/secret' };
    const first = configOf(
      loadFile(
        {
          storage: { type: 'etcd', config: { endpoints: ['https://e:1'], ...named } },
          ephemeral: { type: 'redis', config: { ...named, sentinel: { master: 'm', nodes: ['s'], ...named } } },
          events: {
            type: 'kafka',
            config: { brokers: ['k:1'], sasl: { mechanism: 'plain', username: 'u', ...named } },
          },
          keyEncryption: { value: keyValue },
          connectors: [
            ldapConnector({ bindDN: 'cn=a', bindPWFile: '/run/secret' }),
            oidcConnector({ clientSecret: undefined, clientSecretFile: '/run/secret' }),
          ],
          staticClients: [
            client({ secret: undefined, secretFile: '/run/secret', secrets: [{ valueFile: '/run/secret' }] }),
          ],
        },
        { readFile },
      ),
    );
    const form = stringify(toFileForm(first));
    expect(form.match(/File: \/run\/secret/g)).toHaveLength(8);
    expect(form).not.toContain(canary);
    expect(configOf(loadText(form, { readFile }))).toEqual(first);
  });
});

describe('maskSecrets', () => {
  test('masks the effective configuration and leaves the original alone', () => {
    const config = configOf(loadFile(everything));
    const masked = maskSecrets(config);
    expect(masked.staticClients[0]?.secret).toBe('*****');
    expect(masked.keyEncryption).toMatchObject({ type: 'value', value: '*****', alsoOpens: [{ value: '*****' }, {}] });
    expect(config.staticClients[0]?.secret).toBe(canary);
    expect(JSON.stringify(masked)).not.toContain(canary);
  });

  test('leaves times as they are', () => {
    const expiresAt = new Date('2030-01-31T00:00:00Z');
    expect(maskSecrets({ furtherSecrets: [{ value: 'x', expiresAt }] })).toEqual({
      furtherSecrets: [{ value: '*****', expiresAt }],
    });
  });

  test('keeps the difference between an empty and a missing secret', () => {
    expect(maskSecrets({ password: '', secret: undefined, value: 'plain' })).toEqual({
      password: '',
      secret: undefined,
      value: 'plain',
    });
  });
});

describe('configReference', () => {
  const rows = configReference()
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  test('has a type and a description for every key', () => {
    expect(rows.length).toBeGreaterThan(150);
    for (const row of rows) {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      expect(cells, row).toHaveLength(6);
      expect(cells[2], row).not.toBe('');
      expect(cells[4], row).not.toBe('');
    }
  });

  test.each([
    '| `issuer` | text | *required* |',
    '| `expiry.idTokens` | duration | `24h` |',
    '| `storage(postgres).config.ssl.mode` | `disable`, `require`, `verify-ca`, `verify-full` | `verify-full` |',
    '| `connectors[](ldap).config.userSearch.username` | text or list of texts | *required* |',
    '| `oauth2.pkce.enforce` | true or false | `false` |',
    '| `logger.level` | `debug`, `info`, `warn`, `error` | `info` |',
    '| `staticClients[].redirectURIs` | list of texts | `[]` |',
    '| `staticClients[].requirePKCE` | true or false |  |',
    '| `staticClients[].secrets[].expiresAt` | time |  |',
    '| `staticClients[].tokens.accessTokenLifetime` | duration |  |',
    '| `staticClients[].keys.jwks.keys` | list of maps | *required* |',
    '| `sessions.absoluteLifetime` | duration | `24h` |',
    '| `resources.apiResources[].secrets` | list of blocks | `[]` |',
    '| `claims.mappings` | map |  |',
    '| `signer(local).config.rsaKeySize` | `2048`, `3072`, `4096` | `2048` |',
    '| `signer(vault).config.keyNames.ES256` | text |  |',
    '| `formerSigners[](pkcs11).config.pinFile` | text |  |',
    '| `keyEncryption.alsoOpens[].vault.keyName` | text | *required* |',
  ])('has the row %s', (start) => {
    expect(rows).toContainEqual(expect.stringContaining(start));
  });
});

describe('configJsonSchema', () => {
  test('is a closed schema of the file, without metadata of ours', () => {
    const schema = configJsonSchema();
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      required: ['issuer', 'storage', 'web'],
      properties: { issuer: { type: 'string' }, expiry: { properties: { idTokens: { default: '24h' } } } },
    });
    expect(JSON.stringify(schema)).not.toMatch(/"(notServed|otherTypes|typeName|~standard)"/);
  });
});
