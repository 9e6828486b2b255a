import { randomBytes } from 'node:crypto';
import type { Clock } from '@tessera/clock';
import type { LdapConnectorConfig } from '@tessera/config';
import { parseJsonObject } from '@tessera/egress';
import type { Identity } from '@tessera/oauth';
import { type Logger, silentLogger } from '@tessera/telemetry';
import type { Entry } from 'ldapts';
import { signInError } from '../../sign-in-errors.ts';
import { type Connector, type ConnectorAnswer, GROUPS_SCOPE, OFFLINE_ACCESS } from '../connector.ts';
import { type LdapSettings, readLdapSettings } from './config.ts';
import { openLdapConnection } from './connection.ts';
import { createLdapConnectionPool, type LdapConnectionPool } from './connection-pool.ts';
import { isWrongPassword, toDirectoryError } from './directory-errors.ts';
import { findGroups } from './groups.ts';
import { findPerson, toIdentity } from './person.ts';

const LONGEST_USERNAME = 512;
const LONGEST_PASSWORD_BYTES = 512;

/**
 * Signs people in by their directory password, with Dex's rules. The service's own password and the certificates are those of
 * the moment in which a connection is made. Rejects when a file or filter of the configuration is no good.
 *
 * @param logger told of passwords and certificates that change. Default: nobody is.
 */
export async function createLdapConnector(
  config: LdapConnectorConfig,
  clock: Clock,
  logger: Logger = silentLogger,
): Promise<Connector> {
  const settings = await readLdapSettings(config, { clock, logger });
  const { server, access } = settings;
  const bind = (password: string) => openLdapConnection(server, { dn: server.bindDn, password }, clock);
  const pool = createLdapConnectionPool({
    clock,
    open: () =>
      access.connect(bind, isWrongPassword).catch((error: unknown) => {
        throw isWrongPassword(error)
          ? toDirectoryError(error, server.name, `bind of ${server.bindDn || 'nobody'}`)
          : error;
      }),
  });
  const directory: Directory = { settings, pool, clock };
  return {
    signIn: {
      kind: 'password',
      prompt: config.usernamePrompt ?? '',
      login: (request) => login(directory, request),
    },
    refresher: { refresh: (request) => refresh(directory, request) },
    refreshesUpstream: true,
    async close() {
      access.close();
      await pool.close();
    },
  };
}

interface Directory {
  readonly settings: LdapSettings;
  readonly pool: LdapConnectionPool;
  readonly clock: Clock;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

async function login(directory: Directory, { username, password, scopes }: Credentials): Promise<ConnectorAnswer> {
  // A bind without a password succeeds as nobody (RFC 4513 §5.1.2).
  if (username === '' || password === '' || username.length > LONGEST_USERNAME || isTooLong(password)) {
    throw signInError('invalidCredentials', 'no name, no password, or one that is too long');
  }
  const person = await findByName(directory, username);
  const isGenuine = await bindAs(directory, person, password);
  if (person === undefined || !isGenuine) throw signInError('invalidCredentials', 'unknown name or another password');
  const data = scopes.includes(OFFLINE_ACCESS) ? JSON.stringify({ username, dn: person.dn }) : '';
  return { identity: await readPerson(directory, person, scopes), data };
}

async function refresh(
  directory: Directory,
  request: { readonly identity: Identity; readonly data: string; readonly scopes: readonly string[] },
): Promise<ConnectorAnswer> {
  const { data, scopes } = request;
  const { username, dn } = parseJsonObject(data) ?? {};
  if (typeof username !== 'string' || typeof dn !== 'string') {
    throw signInError('userGone', 'nothing was kept to find the person by');
  }
  const person = await findByName(directory, username);
  if (person?.dn !== dn) throw signInError('userGone', 'the name belongs to nobody, or to another entry');
  // A namesake may get the place of a person who left (OIDC Core §12.2: a refresh is about the same subject).
  if (toIdentity(person, directory.settings.config).userId !== request.identity.userId) {
    throw signInError('userGone', 'the entry is of another person now');
  }
  return { identity: await readPerson(directory, person, scopes), data };
}

function findByName({ settings, pool }: Directory, username: string): Promise<Entry | undefined> {
  return pool
    .run((connection) => findPerson(connection, settings.config, username))
    .catch((error: unknown) => {
      throw toDirectoryError(error, settings.server.name, 'search for people');
    });
}

/** An unknown name costs a bind as well, as an entry that is not there, so that time does not tell it (N62). */
async function bindAs({ settings, clock }: Directory, person: Entry | undefined, password: string): Promise<boolean> {
  const nobody = `cn=${randomBytes(9).toString('hex')},${settings.config.userSearch.baseDN}`;
  try {
    const connection = await openLdapConnection(settings.server, { dn: person?.dn ?? nobody, password }, clock);
    await connection.close();
    return person !== undefined;
  } catch (error) {
    if (isWrongPassword(error)) return false;
    const failure = toDirectoryError(error, settings.server.name, 'bind of a person');
    if (person === undefined && failure.kind === 'internal') return false;
    throw failure;
  }
}

async function readPerson({ settings, pool }: Directory, person: Entry, scopes: readonly string[]) {
  const identity = toIdentity(person, settings.config);
  if (!scopes.includes(GROUPS_SCOPE)) return identity;
  const groups = await pool
    .run((connection) => findGroups(connection, settings.config.groupSearch, person))
    .catch((error: unknown) => {
      throw toDirectoryError(error, settings.server.name, 'search for groups');
    });
  return { ...identity, groups };
}

function isTooLong(password: string): boolean {
  return Buffer.byteLength(password, 'utf8') > LONGEST_PASSWORD_BYTES;
}
