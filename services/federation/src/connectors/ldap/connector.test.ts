import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '@tessera/clock';
import type { LdapConnectorConfig } from '@tessera/config';
import type { Identity } from '@tessera/oauth';
import { createRequestId, runInContext } from '@tessera/telemetry';
import {
  createCertificateAuthority,
  createTempDirectory,
  groupDn,
  LDAP_ADMIN_DN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SERVICE_DN,
  type LdapServer,
  ldifEntry,
  personDn,
  samplePeople,
  startLdap,
} from '@tessera/testkit';
import { Attribute, Change, Client } from 'ldapts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connector } from '../connector.ts';
import { createLdapConnector } from './connector.ts';

let server: LdapServer;
let caPem: string;
const connectors: Connector[] = [];

async function changePassword(dn: string, password: string): Promise<void> {
  const client = new Client({ url: `ldap://127.0.0.1:${server.port}` });
  await client.bind(LDAP_ADMIN_DN, LDAP_ADMIN_PASSWORD);
  const modification = new Attribute({ type: 'userPassword', values: [password] });
  await client.modify(dn, new Change({ operation: 'replace', modification }));
  await client.unbind();
}

beforeAll(async () => {
  const authority = await createCertificateAuthority('LDAP connector test');
  const { certPem, keyPem } = await authority.issue({
    commonName: 'ldap',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  caPem = authority.caPem;
  const service = ldifEntry(LDAP_SERVICE_DN, [
    ['objectClass', 'simpleSecurityObject'],
    ['objectClass', 'organizationalRole'],
    ['cn', 'service'],
    ['userPassword', 'old'],
  ]);
  const everybody = ldifEntry(groupDn('everybody'), [
    ['objectClass', 'groupOfNames'],
    ['cn', 'everybody'],
    ['member', groupDn('developers')],
    ['member', groupDn('everybody')],
  ]);
  const ldifExtra = `${everybody}\n\n${service}`;
  server = await startLdap({ tls: { cert: certPem, key: keyPem, ca: caPem }, ldifExtra });
}, 30_000);

afterAll(async () => {
  await Promise.all(connectors.map((connector) => connector.close()));
  await server.close();
});

function configFor(more: Partial<LdapConnectorConfig> = {}): LdapConnectorConfig {
  return {
    host: `127.0.0.1:${server.port}`,
    insecureNoSSL: true,
    insecureSkipVerify: false,
    startTLS: false,
    bindDN: LDAP_ADMIN_DN,
    bindPW: LDAP_ADMIN_PASSWORD,
    userSearch: {
      baseDN: 'ou=People,dc=example,dc=org',
      filter: '(objectClass=inetOrgPerson)',
      username: ['mail'],
      scope: 'sub',
      idAttr: 'uid',
      emailAttr: 'mail',
      nameAttr: 'displayName',
      preferredUsernameAttr: 'uid',
    },
    groupSearch: {
      baseDN: 'ou=Groups,dc=example,dc=org',
      filter: '(objectClass=groupOfNames)',
      scope: 'sub',
      nameAttr: 'cn',
      userMatchers: [{ userAttr: 'DN', groupAttr: 'member', recursionGroupAttr: 'member' }],
    },
    ...more,
  };
}

async function connect(more: Partial<LdapConnectorConfig> = {}) {
  const connector = await createLdapConnector(configFor(more), systemClock);
  connectors.push(connector);
  const { signIn } = connector;
  if (signIn.kind !== 'password') throw new Error('ldap signs in by password');
  const login = (username: string, password: string, scopes: readonly string[] = []) =>
    signIn.login({ username, password, scopes });
  const refresh = (identity: Identity, data: string) =>
    connector.refresher?.refresh({ identity, data, scopes: ['groups', 'offline_access'] });
  return { login, refresh };
}

const invalid = { code: 'federation.invalid_credentials' };
const unavailable = { code: 'federation.upstream_unavailable', kind: 'unavailable' };
const misconfigured = { code: 'federation.upstream_misconfigured', kind: 'internal' };

test('A person signs in by email and password; groups, nested ones too, come when they are asked for', async () => {
  const { login } = await connect();
  const { identity, data } = await login('janedoe@example.com', 'jane-password', ['openid', 'groups']);
  expect(identity).toMatchObject({
    userId: 'jane',
    username: 'Jane Doe',
    preferredUsername: 'jane',
    email: 'janedoe@example.com',
    emailVerified: true,
  });
  expect(identity.groups.toSorted()).toEqual(['admins', 'developers', 'everybody']);
  expect(data).toBe('');
  expect((await login('janedoe@example.com', 'jane-password')).identity.groups).toEqual([]);
});

test('A DN and a password that are not ASCII work', async () => {
  const { login } = await connect();
  const { identity } = await login('wangfang@example.com', '芳-password', ['groups']);
  expect(identity).toMatchObject({ userId: 'wangfang', username: '王芳' });
  expect(identity.groups).toContain('developers');
});

test('Any of several user name attributes will do', async () => {
  const { login } = await connect({ userSearch: { ...configFor().userSearch, username: ['mail', 'uid'] } });
  expect((await login('jane', 'jane-password')).identity.userId).toBe('jane');
  expect((await login('janedoe@example.com', 'jane-password')).identity.userId).toBe('jane');
});

test('N62: an unknown name, a wrong password and an empty one end alike', async () => {
  const { login } = await connect();
  await expect(login('nobody@example.com', 'jane-password')).rejects.toMatchObject(invalid);
  await expect(login('janedoe@example.com', 'wrong')).rejects.toMatchObject(invalid);
  await expect(login('janedoe@example.com', 'x'.repeat(513))).rejects.toMatchObject(invalid);
  await expect(login('', 'jane-password')).rejects.toMatchObject(invalid);
  expect(server.output(), 'an unknown name costs a bind as well').toMatch(/BIND dn="cn=[0-9a-f]{18},ou=People/);
});

test('RFC 4513 §5.1.2: an empty password, which the directory would take for an anonymous bind, is refused', async () => {
  const { login } = await connect();
  await expect(login('janedoe@example.com', '')).rejects.toMatchObject(invalid);
});

test('N87: what is typed cannot change the search', async () => {
  const { login } = await connect();
  for (const username of ['*', 'jane*', '*)(uid=*', 'janedoe@example.com)(|(uid=*']) {
    await expect(login(username, 'jane-password')).rejects.toMatchObject(invalid);
  }
});

test('A name that two entries have is ambiguous', async () => {
  const { login } = await connect();
  await expect(login('twin@example.com', 'twin-password-1')).rejects.toMatchObject({
    code: 'federation.user_ambiguous',
    kind: 'conflict',
  });
});

test('An entry without an attribute that the configuration names is an error that names it', async () => {
  const { login } = await connect({ userSearch: { ...configFor().userSearch, idAttr: 'employeeNumber' } });
  await expect(login('janedoe@example.com', 'jane-password')).rejects.toMatchObject(misconfigured);
  await expect(login('janedoe@example.com', 'jane-password')).rejects.toThrow('employeeNumber');
});

test('A wrong bindPW or base is the operator’s, and the message names the directory', async () => {
  const wrongBind = await connect({ bindPW: 'canary-wrong' });
  await expect(wrongBind.login('janedoe@example.com', 'jane-password')).rejects.toMatchObject(misconfigured);
  await expect(wrongBind.login('janedoe@example.com', 'jane-password')).rejects.toThrow(/127\.0\.0\.1.*cn=admin/);
  const wrongBase = await connect({
    userSearch: { ...configFor().userSearch, baseDN: 'ou=Nowhere,dc=example,dc=org' },
  });
  await expect(wrongBase.login('janedoe@example.com', 'jane-password')).rejects.toMatchObject(misconfigured);
});

test('A refresh reads the entry and its groups again, and the person is gone when the name is another entry’s', async () => {
  const { login, refresh } = await connect();
  const { identity, data } = await login('johndoe@example.com', 'john-password', ['offline_access']);
  const john = personDn(samplePeople.john.cn);
  await server.apply(`dn: ${groupDn('admins')}\nchangetype: modify\nadd: member\nmember: ${john}\n`);
  const again = await refresh(identity, data);
  expect(again?.identity.groups.toSorted()).toEqual(['admins', 'developers', 'everybody']);
  expect(again?.data).toBe(data);
  const gone = { code: 'federation.user_gone' };
  await server.apply(`dn: ${john}\nchangetype: modrdn\nnewrdn: cn=another john\ndeleteoldrdn: 1\n`);
  await expect(refresh(identity, data)).rejects.toMatchObject(gone);
  await server.apply(`dn: ${personDn('another john')}\nchangetype: delete\n`);
  await expect(refresh(identity, data)).rejects.toMatchObject(gone);
  await expect(refresh(identity, '')).rejects.toMatchObject(gone);
});

test('N23, OIDC Core §12.2: a person who has the name and the DN of another, but not the id, does not inherit the sign-in', async () => {
  const { login, refresh } = await connect();
  const { identity, data } = await login('janedoe@example.com', 'jane-password', ['offline_access']);
  expect((await refresh(identity, data))?.identity.userId).toBe('jane');
  const predecessor = { ...identity, userId: 'jane-who-left' };
  await expect(refresh(predecessor, data)).rejects.toMatchObject({ code: 'federation.user_gone' });
});

test('StartTLS and ldaps work with a configured authority', async () => {
  const rootCAData = Buffer.from(caPem).toString('base64');
  for (const more of [
    { startTLS: true },
    { host: `localhost:${server.tlsPort}` },
    { host: `127.0.0.1:${server.tlsPort}` },
  ]) {
    const { login } = await connect({ insecureNoSSL: false, rootCAData, ...more });
    expect((await login('janedoe@example.com', 'jane-password')).identity.userId).toBe('jane');
    await expect(login('janedoe@example.com', 'wrong')).rejects.toMatchObject(invalid);
  }
});

test('A certificate of an unknown authority is refused, unless verification is off', async () => {
  for (const more of [{ startTLS: true }, { host: `127.0.0.1:${server.tlsPort}` }]) {
    const strict = await connect({ insecureNoSSL: false, ...more });
    await expect(strict.login('janedoe@example.com', 'jane-password')).rejects.toMatchObject(unavailable);
    const careless = await connect({ insecureNoSSL: false, insecureSkipVerify: true, ...more });
    expect((await careless.login('janedoe@example.com', 'jane-password')).identity.userId).toBe('jane');
  }
});

test('A directory that stops is unavailable, and works again once it is back', async () => {
  const plain = await connect();
  const upgraded = await connect({
    insecureNoSSL: false,
    startTLS: true,
    rootCAData: Buffer.from(caPem).toString('base64'),
  });
  const both = [plain, upgraded];
  for (const { login } of both) await login('janedoe@example.com', 'jane-password');
  await server.stop('SIGKILL');
  for (const { login } of both) {
    await expect(login('janedoe@example.com', 'jane-password')).rejects.toMatchObject(unavailable);
    await expect(login('janedoe@example.com', 'jane-password')).rejects.toThrow(`127.0.0.1:${server.port}`);
  }
  await server.start();
  for (const { login } of both)
    expect((await login('janedoe@example.com', 'jane-password')).identity.userId).toBe('jane');
}, 20_000);

test('A kept connection that died meanwhile is replaced without anybody noticing', async () => {
  const { login } = await connect();
  await login('janedoe@example.com', 'jane-password');
  await server.stop('SIGKILL');
  await server.start();
  expect((await login('janedoe@example.com', 'jane-password')).identity.userId).toBe('jane');
}, 20_000);

test('A directory that accepts and then says nothing is given up when the caller’s time is over', async () => {
  const sockets: Socket[] = [];
  const silent: Server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  for (const more of [{ insecureNoSSL: true }, { insecureNoSSL: false }, { insecureNoSSL: false, startTLS: true }]) {
    const { login } = await connect({ host: `127.0.0.1:${port}`, ...more });
    const context = { requestId: createRequestId(), deadlineMs: performance.now() + 200 };
    const attempt = runInContext(context, () => login('janedoe@example.com', 'jane-password'));
    await expect(attempt).rejects.toMatchObject(unavailable);
  }
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('A broken filter or a missing file stops the start', async () => {
  await expect(connect({ userSearch: { ...configFor().userSearch, filter: '(&(broken' } })).rejects.toThrow();
  await expect(connect({ insecureNoSSL: false, rootCA: '/no/such/ca.pem' })).rejects.toThrow();
});

test.each(['directory', 'file'])(
  'the password of the service is changed first in the %s, and nobody is kept out',
  async (first) => {
    await using folder = await createTempDirectory('bind-password');
    const bindPWFile = join(folder.path, 'password');
    await changePassword(LDAP_SERVICE_DN, 'old');
    await writeFile(bindPWFile, 'old\n');
    const { login } = await connect({ bindDN: LDAP_SERVICE_DN, bindPW: 'old', bindPWFile });
    const signIn = () => login('janedoe@example.com', 'jane-password');
    // Connections that are kept suffice for one; several at once need new ones.
    const several = () => Promise.all([signIn(), signIn(), signIn()]);
    await signIn();
    if (first === 'file') {
      await writeFile(bindPWFile, 'new');
      await several();
      await changePassword(LDAP_SERVICE_DN, 'new');
    } else {
      await changePassword(LDAP_SERVICE_DN, 'new');
      await signIn();
      await writeFile(bindPWFile, 'new');
    }
    await several();
  },
);

test('the authorities of the directory are read again when a handshake fails', async () => {
  await using folder = await createTempDirectory('bind-ca');
  const rootCA = join(folder.path, 'ca.pem');
  await writeFile(rootCA, (await createCertificateAuthority('another')).caPem);
  const { login } = await connect({ host: `127.0.0.1:${server.tlsPort}`, insecureNoSSL: false, rootCA });
  await expect(login('janedoe@example.com', 'jane-password')).rejects.toMatchObject(unavailable);
  await writeFile(rootCA, caPem);
  expect((await login('janedoe@example.com', 'jane-password')).identity.userId).toBe('jane');
});
