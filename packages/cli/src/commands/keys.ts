import type { TesseraConfig } from '@tessera/config';
import type { KeyOrder } from '@tessera/keys';
import { isSigningAlgorithm, type SigningAlgorithm } from '@tessera/oauth';
import { configFileArgument, parseArguments, usageFailure } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { giveOrder } from './keys/give-order.ts';
import type { KeyAuthority } from './keys/key-authority.ts';
import { keysAsJson, keysAsText, sealingSections, sectionsAsText } from './keys/list-keys.ts';
import { rewrap } from './keys/rewrap.ts';
import { withKeyAuthority } from './keys/with-key-authority.ts';

/** Opens what is stored of keys for one piece of work, and closes it. */
export type OpenKeyAuthority = <T>(config: TesseraConfig, work: (authority: KeyAuthority) => Promise<T>) => Promise<T>;

/** `tessera keys list|rotate|revoke|rewrap`. */
export function createKeysCommand(open: OpenKeyAuthority): CommandRun {
  return async ([name = '', ...rest], terminal) => {
    const act = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (act === undefined) throw usageFailure('Say what to do: keys list, keys rotate, keys revoke or keys rewrap');
    await act(rest, terminal, open);
    return 0;
  };
}

/** `tessera keys` on the configured storage. */
export const keys: CommandRun = createKeysCommand(withKeyAuthority);

type Action = (args: readonly string[], terminal: Terminal, open: OpenKeyAuthority) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  list: listKeys,
  rotate: rotateKeys,
  revoke: revokeKeys,
  rewrap: rewrapKeys,
};

const config = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const several = { type: 'string', multiple: true, default: [] as string[] } as const;

async function listKeys(args: readonly string[], terminal: Terminal, open: OpenKeyAuthority): Promise<void> {
  const { values, positionals } = parseArguments(args, { config, json: flag });
  const loaded = loadConfiguration(configFileArgument(values.config, positionals), terminal.env, {
    secretsOf: ['keys'],
  });
  terminal.out(await open(loaded.config, values.json ? keysAsJson : (authority) => keysForPerson(authority, terminal)));
}

/** Where the keys cannot be opened, what they are sealed under says why, ahead of the error. */
function keysForPerson(authority: KeyAuthority, terminal: Terminal): Promise<string> {
  return keysAsText(authority).catch(async (error: unknown) => {
    const sealing = await authority.describeSealing().catch(() => undefined);
    if (sealing !== undefined) terminal.out(sectionsAsText(sealingSections(sealing)));
    throw error;
  });
}

async function rotateKeys(args: readonly string[], terminal: Terminal, open: OpenKeyAuthority): Promise<void> {
  const { values, positionals } = parseArguments(args, {
    config,
    algorithm: several,
    now: flag,
    secrets: flag,
    revoke: several,
    yes: flag,
    'dry-run': flag,
  });
  const { algorithm, revoke, secrets } = values;
  const kinds = [algorithm.length > 0 && '--algorithm', secrets && '--secrets', revoke.length > 0 && '--revoke'];
  const given = kinds.filter((kind) => kind !== false);
  if (given.length > 1) throw usageFailure(`${given.join(' and ')} are different things; do one after the other`);
  const loaded = loadConfiguration(configFileArgument(values.config, positionals), terminal.env, {
    secretsOf: ['keys'],
  });
  const urgency = values.now ? 'now' : 'planned';
  let order: KeyOrder = { type: 'rotate', urgency };
  if (algorithm.length > 0) order = { ...order, algorithms: parseAlgorithms(algorithm, loaded.config) };
  if (secrets) order = { type: 'rotate-secrets', urgency };
  // What is revoked signs no more at once, so that --now changes nothing.
  if (revoke.length > 0) order = { type: 'revoke', kids: distinct(revoke) };
  await give(order, { values, terminal, config: loaded.config, open });
}

async function revokeKeys(args: readonly string[], terminal: Terminal, open: OpenKeyAuthority): Promise<void> {
  const { values, positionals } = parseArguments(args, {
    config,
    kid: several,
    secret: several,
    yes: flag,
    'dry-run': flag,
  });
  if (values.kid.length > 0 === values.secret.length > 0) {
    throw usageFailure(
      'Name signing keys with --kid KID, or secrets with --secret VERSION; tessera keys list shows both',
    );
  }
  const loaded = loadConfiguration(configFileArgument(values.config, positionals), terminal.env, {
    secretsOf: ['keys'],
  });
  const order: KeyOrder =
    values.kid.length > 0
      ? { type: 'revoke', kids: distinct(values.kid) }
      : { type: 'revoke-secrets', versions: distinct(values.secret.map(parseVersion)) };
  await give(order, { values, terminal, config: loaded.config, open });
}

async function rewrapKeys(args: readonly string[], terminal: Terminal, open: OpenKeyAuthority): Promise<void> {
  const { values, positionals } = parseArguments(args, { config, 'dry-run': flag });
  const loaded = loadConfiguration(configFileArgument(values.config, positionals), terminal.env, {
    secretsOf: ['keys'],
  });
  await open(loaded.config, (authority) => rewrap(authority, { isDryRun: values['dry-run'] }, terminal));
}

interface Giving {
  readonly values: { readonly yes: boolean; readonly 'dry-run': boolean };
  readonly terminal: Terminal;
  readonly config: TesseraConfig;
  readonly open: OpenKeyAuthority;
}

function give(order: KeyOrder, { values, terminal, config: loaded, open }: Giving): Promise<void> {
  const manner = { isAgreed: values.yes, isDryRun: values['dry-run'] };
  return open(loaded, (authority) => giveOrder(authority, order, manner, terminal));
}

function parseAlgorithms(words: readonly string[], { signer }: TesseraConfig): readonly SigningAlgorithm[] {
  const unknown = words.find((word) => !isSigningAlgorithm(word) || !signer.algorithms.includes(word));
  if (unknown !== undefined) {
    const known = signer.algorithms.join(', ');
    throw usageFailure(
      `There are no keys for the algorithm ${JSON.stringify(unknown)}; the configured ones are ${known}`,
    );
  }
  return distinct(words.filter(isSigningAlgorithm));
}

function parseVersion(word: string): number {
  if (!/^[1-9]\d{0,2}$/.test(word)) {
    throw usageFailure(`--secret needs the version of a secret such as 3, not ${JSON.stringify(word)}`);
  }
  return Number(word);
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
