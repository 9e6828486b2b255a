import { hash } from '@node-rs/bcrypt';
import { createFakeClock } from '@tessera/clock';
import { loadConfig, type TesseraConfig } from '@tessera/config';
import type { Federation, Secrets, Service, User } from '@tessera/contracts';
import { silentLogger } from '@tessera/telemetry';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { createFederationService } from './server.ts';

let config: TesseraConfig;
let jane: User;
beforeAll(async () => {
  const passwordHash = await hash('secret', 10);
  const text = `
issuer: http://127.0.0.1:5556/dex
storage: {type: memory}
web: {http: '127.0.0.1:5556'}
enablePasswordDB: true
staticPasswords:
  - {email: jane@example.com, username: jane, userID: u1, hash: '${passwordHash}'}
connectors:
  - {type: mockCallback, id: mock, name: Example}
  - {type: mockPassword, id: form, name: Form, config: {username: admin, password: secret}}
  - type: oidc
    id: partner
    name: Partner
    config: {issuer: 'http://127.0.0.1:1', clientID: tessera, clientSecret: secret}
  - type: ldap
    id: staff
    name: Staff
    config:
      host: 127.0.0.1:1
      insecureNoSSL: true
      usernamePrompt: Staff number
      userSearch: {baseDN: 'ou=People', username: uid}
`;
  const loaded = loadConfig({ text, fileName: 'test.yaml', env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  config = loaded.config;
  const [person] = config.staticPasswords;
  if (person === undefined) throw new Error('the person is missing');
  const identity = {
    userId: person.userId,
    username: person.username,
    preferredUsername: '',
    email: person.email,
    emailVerified: true,
    groups: [],
    claims: {},
  };
  jane = { email: person.email, identity, passwordHash: person.hash, isEnabled: true, isStatic: true };
});

const services: Service[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

interface Options {
  readonly secrets?: () => Promise<Secrets>;
}

async function start({ secrets }: Options = {}): Promise<Service & { api: Federation }> {
  const clock = createFakeClock();
  const fixed = async (): Promise<Secrets> => ({
    versions: [{ version: 1, key: new Uint8Array(32) }],
    currentVersion: 1,
    refreshAt: new Date(clock.now().getTime() + 3_600_000),
  });
  const service = await createFederationService({
    config,
    clock,
    logger: silentLogger,
    users: { findUser: async (email) => (email === jane.email ? jane : undefined) },
    keys: { getSecrets: secrets ?? fixed },
  });
  services.push(service);
  return service;
}

test('The service lists every connector of the configuration, in its order', async () => {
  const service = await start();
  await service.ready();
  const listed = await service.api.listConnectors();
  expect(listed.map(({ id, kind }) => [id, kind])).toEqual(
    config.connectors.map(({ id, type }) => [id, type === 'oidc' || type === 'mockCallback' ? 'callback' : 'password']),
  );
  expect(listed.every(({ canRefresh }) => canRefresh)).toBe(true);
  expect(listed.find(({ id }) => id === 'staff')?.usernamePrompt).toBe('Staff number');
  expect(listed.find(({ id }) => id === 'local')).toMatchObject({ refreshesUpstream: false });
  expect(service).toMatchObject({ name: 'federation', handlers: {} });
  expect(service.bindings.map(({ allowedCallers }) => allowedCallers)).toEqual([['authorize', 'token']]);
});

test('Upstreams that are down keep neither the start nor other connectors waiting', async () => {
  const service = await start();
  await service.ready();
  const { api } = service;
  const login = { username: 'jane@example.com', password: 'secret', scopes: [] };
  expect((await api.login({ ...login, connectorId: 'local' })).identity.userId).toBe('u1');
  const unavailable = { code: 'federation.upstream_unavailable', kind: 'unavailable' };
  await expect(api.login({ ...login, connectorId: 'staff' })).rejects.toMatchObject(unavailable);
  await expect(api.beginCallback({ connectorId: 'partner', state: 's', scopes: [] })).rejects.toMatchObject(
    unavailable,
  );
});

test('While the keys are not there, a sign-in that has something to seal is unavailable', async () => {
  const { api } = await start({ secrets: () => new Promise(() => undefined) });
  const forged = {
    connectorId: 'mock',
    state: 's',
    parameters: 'state=s',
    connectorData: Buffer.alloc(64),
    scopes: [],
  };
  await expect(api.completeCallback(forged)).rejects.toMatchObject({ kind: 'unavailable' });
});

test('A configuration that names a missing file stops the start', async () => {
  const connectors = config.connectors.map((entry) =>
    entry.type === 'ldap'
      ? { ...entry, config: { ...entry.config, insecureNoSSL: false, rootCA: '/no/such/ca.pem' } }
      : entry,
  );
  const secretsNever = { getSecrets: () => new Promise<Secrets>(() => undefined) };
  const attempt = createFederationService({
    config: { ...config, connectors },
    clock: createFakeClock(),
    logger: silentLogger,
    users: { findUser: async () => undefined },
    keys: secretsNever,
  });
  await expect(attempt).rejects.toThrow('/no/such/ca.pem');
});
