import { randomUUID } from 'node:crypto';
import type { TesseraConfig } from '@tessera/config';
import type { User } from '@tessera/contracts';
import type { StorageService } from '@tessera/storage';
import { configFileArgument, parseArguments, usageFailure } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/failure.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { hashPassword } from './hash-password.ts';
import { withStorage } from './open-storage.ts';

const options = {
  config: { type: 'string' },
  email: { type: 'string' },
  name: { type: 'string', default: '' },
  username: { type: 'string', default: '' },
  group: { type: 'string', multiple: true, default: [] as string[] },
  'user-id': { type: 'string' },
  replace: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArguments<typeof options>>['values'];

/** Who does it, for the events. */
const ACTOR = 'command line';

/** What an action works on. */
interface Action {
  readonly storage: StorageService;
  readonly terminal: Terminal;
  readonly values: Values;
}

const actions: Readonly<Record<string, (action: Action) => Promise<void>>> = {
  add: addUser,
  show: showUser,
  remove: removeUser,
};

/** `tessera users add|show|remove`: the stored people of the password database. */
export const users: CommandRun = async (args, terminal) => {
  const [name = '', ...rest] = args;
  const act = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (act === undefined) throw usageFailure('Say what to do: users add, users show or users remove');
  const { values, positionals } = parseArguments(rest, options);
  const { config } = loadConfiguration(configFileArgument(values.config, positionals), terminal.env, {
    secretsOf: ['storage'],
  });
  assertPasswordDb(config);
  await withStorage(config, 'users', (storage) => act({ storage, terminal, values }));
  return 0;
};

function assertPasswordDb(config: TesseraConfig): void {
  if (!config.enablePasswordDb) {
    throw new CommandFailure('The password database is off. Set enablePasswordDB: true in the configuration.');
  }
  if (config.storage.type === 'memory') {
    throw new CommandFailure('storage.type is memory: there is nothing that this command could change.');
  }
}

function requiredEmail({ values }: Action): string {
  const email = values.email?.trim() ?? '';
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw usageFailure('Name the person with --email ADDRESS');
  return email;
}

async function addUser(action: Action): Promise<void> {
  const { storage, terminal, values } = action;
  const email = requiredEmail(action);
  const known = await storage.api.findUser(email);
  if (known !== undefined && !known.isStatic && !values.replace) throw isThere(email);
  const passwordHash = await hashPassword(await readPassword(terminal));
  const version = await storage.api.putRecord({
    kind: 'user',
    value: { email, identity: identityOf(values, email, known), passwordHash, isEnabled: true, isStatic: false },
    // Whoever came first while the password was typed is not overwritten.
    expected: values.replace ? 'any' : 'absent',
    actor: ACTOR,
  });
  if (version === undefined) throw isThere(email);
  terminal.out(`${known === undefined ? 'Added' : 'Changed'} ${email}.`);
}

function isThere(email: string): CommandFailure {
  return new CommandFailure(`${email} is there already. Add --replace to change the person and the password.`);
}

/** A person who is changed keeps the identifier, and with it the `sub` that applications know. */
function identityOf(values: Values, email: string, known: User | undefined): User['identity'] {
  return {
    userId: values['user-id'] ?? known?.identity.userId ?? randomUUID(),
    username: values.name || values.username || email,
    preferredUsername: values.username,
    email: email.toLowerCase(),
    emailVerified: true,
    groups: values.group,
    claims: known?.identity.claims ?? {},
  };
}

async function readPassword(terminal: Terminal): Promise<string> {
  const password = await terminal.readSecret('Password: ');
  if (password === '') throw new CommandFailure('The password is empty. Type it, or pass it on standard input.');
  if (terminal.isInteractive && (await terminal.readSecret('Once more: ')) !== password) {
    throw new CommandFailure('The two passwords differ.');
  }
  return password;
}

async function showUser(action: Action): Promise<void> {
  const email = requiredEmail(action);
  const user = await action.storage.api.findUser(email);
  if (user === undefined) throw new CommandFailure(`There is no ${email}.`);
  const { userId, username, preferredUsername, groups } = user.identity;
  const lines = {
    email: user.email,
    name: username,
    username: preferredUsername,
    'user id': userId,
    groups: groups.join(', '),
    enabled: user.isEnabled ? 'yes' : 'no',
    'kept in': user.isStatic ? 'the configuration file' : 'the storage',
  };
  for (const [label, value] of Object.entries(lines)) action.terminal.out(`${label.padEnd(10)}${value}`.trimEnd());
}

async function removeUser(action: Action): Promise<void> {
  const email = requiredEmail(action);
  const isDeleted = await action.storage.api.deleteRecord({ kind: 'user', id: email, actor: ACTOR });
  if (!isDeleted) throw new CommandFailure(`There is no ${email}.`);
  action.terminal.out(`Removed ${email}. Refresh tokens of the person are refused from now on.`);
}
