import { describe, expect, test } from 'vitest';
import {
  bcryptHash,
  client,
  configOf,
  ldapConnector,
  loadFile,
  oidcConnector,
  problemsOf,
  warningsOf,
} from '../testing/config-text.ts';
import type { SecretUser } from './value-sources.ts';

describe('secrets from files and the environment', () => {
  const files: Readonly<Record<string, string>> = {
    '/run/secret': 'from-file\n',
    '/run/pairwise': `${'p'.repeat(32)}\n`,
    '/run/empty': '\n',
  };
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error('no such file');
    return text;
  };

  test('every kind of secret file is read, without its last line break', () => {
    const password = { passwordFile: '/run/secret' };
    const config = configOf(
      loadFile(
        {
          storage: { type: 'postgres', config: { host: 'h', database: 'd', user: 'u', ...password } },
          ephemeral: { type: 'redis', config: password },
          keyEncryption: { file: 'kek' },
          connectors: [
            ldapConnector({ bindDN: 'cn=a', bindPWFile: '/run/secret' }),
            {
              type: 'oidc',
              id: 'o',
              name: 'O',
              config: { issuer: 'https://o', clientID: 'c', clientSecretFile: '/run/secret' },
            },
          ],
          staticClients: [
            client({ secret: undefined, secretFile: '/run/secret', secrets: [{ valueFile: '/run/secret' }] }),
          ],
          oauth2: { pairwiseSecretFile: '/run/pairwise' },
          resources: { apiResources: [{ name: 'a', secrets: [{ valueFile: '/run/secret' }] }] },
        },
        { readFile },
      ),
    );
    expect(config.storage).toMatchObject({ password: 'from-file' });
    expect(config.ephemeral).toMatchObject({ password: 'from-file' });
    expect(config.connectors[0]?.config).toMatchObject({ bindPW: 'from-file' });
    expect(config.connectors[1]?.config).toMatchObject({ clientSecret: 'from-file' });
    expect(config.staticClients[0]).toMatchObject({ secret: 'from-file', furtherSecrets: [{ value: 'from-file' }] });
    expect(config.oauth2.pairwiseSecret).toBe('p'.repeat(32));
    expect(config.resources.apiResources[0]?.secrets).toEqual([{ value: 'from-file', valueFile: '/run/secret' }]);
    const named = JSON.stringify(config).match(/"(password|bindPW|clientSecret|secret|value)File":"\/run\/secret"/g);
    expect(named).toHaveLength(7);
    expect(JSON.stringify(config)).not.toContain('pairwiseSecretFile');
  });

  test('secret files of services that this process does not run need not be there', () => {
    const absent = { passwordFile: '/run/absent' };
    const sasl = { mechanism: 'plain', username: 'u', ...absent };
    const file = {
      storage: { type: 'postgres', config: { host: 'h', database: 'd', user: 'u', ...absent } },
      ephemeral: { type: 'redis', config: { ...absent, sentinel: { master: 'm', nodes: ['s'], ...absent } } },
      events: { type: 'kafka', config: { brokers: ['k:9092'], sasl } },
      keyEncryption: { file: 'kek' },
      connectors: [
        ldapConnector({ bindDN: 'cn=a', bindPWFile: '/run/absent' }),
        oidcConnector({ clientSecret: undefined, clientSecretFile: '/run/absent' }),
      ],
      staticClients: [
        client({ secret: undefined, secretFile: '/run/absent' }),
        client({ id: 'second', secret: undefined, secrets: [{ valueFile: '/run/absent' }] }),
      ],
    };
    const result = loadFile(file, { readFile, secretsOf: ['token'] });
    expect(warningsOf(result)).toEqual([]);
    expect(configOf(result).storage).toMatchObject({ password: '', passwordFile: '/run/absent' });
    expect(configOf(result).staticClients[0]).not.toHaveProperty('secret');
    const places = (services: SecretUser[]) =>
      problemsOf(loadFile(file, { readFile, secretsOf: services })).map((problem) => problem.replace(/ .*/, ''));
    expect(places(['events'])).toEqual(['events.config.sasl.passwordFile']);
    expect(places(['federation'])).toEqual([
      'connectors[0].config.bindPWFile',
      'connectors[1].config.clientSecretFile',
    ]);
    expect(places(['storage', 'keys'])).toEqual([
      'storage.config.passwordFile',
      'ephemeral.config.passwordFile',
      'ephemeral.config.sentinel.passwordFile',
      'staticClients[0].secretFile',
      'staticClients[1].secrets[0].valueFile',
    ]);
    expect(places(['migration'])).toEqual(['storage.config.passwordFile']);
    expect(problemsOf(loadFile(file, { readFile }))).toHaveLength(8);
    const readable = loadFile(file, { readFile: () => 'there', secretsOf: ['keys'] });
    expect(configOf(readable).storage).toMatchObject({ password: 'there' });
  });

  test('clients take id and secret from the environment', () => {
    const staticClients = [{ idEnv: 'ID', secretEnv: 'SECRET', name: 'A' }];
    const config = configOf(loadFile({ staticClients }, { env: { ID: 'env-id', SECRET: 'env-secret' } }));
    expect(config.staticClients[0]).toMatchObject({ id: 'env-id', secret: 'env-secret' });
  });

  test('lists of secrets and the secret of pairwise subjects come from the environment', () => {
    const secrets = [{ value: 'a' }, { valueEnv: 'NEXT' }];
    const config = configOf(
      loadFile(
        {
          staticClients: [client({ secrets })],
          oauth2: { pairwiseSecretEnv: 'PAIRWISE' },
          resources: {
            apiResources: [
              { name: 'a', secrets },
              { name: 'b', secrets },
            ],
          },
        },
        { env: { NEXT: 'next', PAIRWISE: 'p'.repeat(40) } },
      ),
    );
    const read = [{ value: 'a' }, { value: 'next' }];
    expect(config.staticClients[0]?.furtherSecrets).toEqual(read);
    expect(config.resources.apiResources.map((api) => api.secrets)).toEqual([read, read]);
    expect(config.oauth2.pairwiseSecret).toBe('p'.repeat(40));
  });

  test('a hash from the environment is used only when hash is empty', () => {
    const staticPasswords = [
      { email: 'a@b', userID: '1', hashFromEnv: 'HASH' },
      { email: 'c@d', userID: '2', hash: bcryptHash, hashFromEnv: 'NOT_SET' },
    ];
    const env = { HASH: bcryptHash.replace('$10$', '$12$') };
    const config = configOf(loadFile({ enablePasswordDB: true, staticPasswords }, { env }));
    expect(config.staticPasswords.map(({ hash }) => hash)).toEqual([env.HASH, bcryptHash]);
  });

  test.each([
    [{ idEnv: 'X' }, 'staticClients[0].idEnv and another source of id are both given; keep one of them'],
    [{ secretEnv: 'X' }, 'staticClients[0].secretEnv and another source of secret are both given; keep one of them'],
    [
      { secret: undefined, secretEnv: 'NOT_SET' },
      'staticClients[0].secretEnv names the environment variable NOT_SET, which is not set',
    ],
    [
      { secret: undefined, secretEnv: 'EMPTY' },
      'staticClients[0].secretEnv names the environment variable EMPTY, which is empty',
    ],
    [
      { secret: undefined, secretEnv: 'not a name' },
      'staticClients[0].secretEnv must be the name of an environment variable',
    ],
    [
      { secret: undefined, secretFile: '/run/none' },
      'staticClients[0].secretFile names the file /run/none, which cannot be read',
    ],
    [
      { secret: undefined, secretFile: '/run/empty' },
      'staticClients[0].secretFile names the file /run/empty, which is empty',
    ],
    [
      { secrets: [{ value: 'a', valueEnv: 'X' }] },
      'staticClients[0].secrets[0].valueEnv and another source of value are both given; keep one of them',
    ],
    [
      { secrets: [{ value: 'a' }, { valueEnv: 'NOT_SET' }] },
      'staticClients[0].secrets[1].valueEnv names the environment variable NOT_SET, which is not set',
    ],
    [{ secret: undefined, secretEnv: 5 }, 'staticClients[0].secretEnv must be text, not a number; put it in quotes'],
  ])('a client with %j is refused', (changes, expected) => {
    const result = loadFile({ staticClients: [client(changes)] }, { env: { X: 'x', EMPTY: '' }, readFile });
    expect(problemsOf(result)).toContain(expected);
  });

  test('a value from the environment that is wrong is told with where it came from', () => {
    const staticPasswords = [{ email: 'a@b', userID: '1', hashFromEnv: 'HASH' }];
    const result = loadFile(
      { enablePasswordDB: true, staticPasswords },
      { env: { HASH: bcryptHash.replace('$10$', '$04$') } },
    );
    expect(problemsOf(result)).toEqual([
      'staticPasswords[0].hash has bcrypt cost 4; it must be 10 to 16 (from hashFromEnv HASH)',
    ]);
  });
});
