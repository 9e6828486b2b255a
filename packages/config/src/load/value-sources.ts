import type { ConfigPath } from '../problem.ts';
import type { Environment } from './environment-expansion.ts';
import type { Report } from './report.ts';
import { valueAt, withValueAt } from './value-path.ts';

/** Reads a small text file that holds a secret. Throws when it cannot be read; the message is not shown. */
export type SecretFileReader = (path: string) => string;

/** A key whose value comes from elsewhere, and the key it fills. */
interface ValueSource {
  readonly block: ConfigPath;
  readonly target: string;
  readonly key: string;
  readonly from: 'environment' | 'file';
  /** What happens when the target is given as well: a problem, or the target wins. */
  readonly beside: 'conflict' | 'fallback';
}

const sources: readonly ValueSource[] = [
  { block: ['staticClients', '*'], target: 'id', key: 'idEnv', from: 'environment', beside: 'conflict' },
  { block: ['staticClients', '*'], target: 'secret', key: 'secretEnv', from: 'environment', beside: 'conflict' },
  { block: ['staticClients', '*'], target: 'secret', key: 'secretFile', from: 'file', beside: 'conflict' },
  ...secretEntries(['staticClients', '*', 'secrets', '*']),
  ...secretEntries(['resources', 'apiResources', '*', 'secrets', '*']),
  {
    block: ['oauth2'],
    target: 'pairwiseSecret',
    key: 'pairwiseSecretEnv',
    from: 'environment',
    beside: 'conflict',
  },
  { block: ['oauth2'], target: 'pairwiseSecret', key: 'pairwiseSecretFile', from: 'file', beside: 'conflict' },
  { block: ['staticPasswords', '*'], target: 'hash', key: 'hashFromEnv', from: 'environment', beside: 'fallback' },
  { block: ['connectors', '*', 'config'], target: 'bindPW', key: 'bindPWFile', from: 'file', beside: 'conflict' },
  {
    block: ['connectors', '*', 'config'],
    target: 'clientSecret',
    key: 'clientSecretFile',
    from: 'file',
    beside: 'conflict',
  },
  { block: ['storage', 'config'], target: 'password', key: 'passwordFile', from: 'file', beside: 'conflict' },
  { block: ['ephemeral', 'config'], target: 'password', key: 'passwordFile', from: 'file', beside: 'conflict' },
  {
    block: ['ephemeral', 'config', 'sentinel'],
    target: 'password',
    key: 'passwordFile',
    from: 'file',
    beside: 'conflict',
  },
  { block: ['events', 'config', 'sasl'], target: 'password', key: 'passwordFile', from: 'file', beside: 'conflict' },
  {
    block: ['events', 'config', 'sasl'],
    target: 'password',
    key: 'passwordEnv',
    from: 'environment',
    beside: 'conflict',
  },
  ...signerEntries(['signer', 'config']),
  ...signerEntries(['formerSigners', '*', 'config']),
  ...keyEncryptionEntries(['keyEncryption']),
  ...keyEncryptionEntries(['keyEncryption', 'alsoOpens', '*']),
];

/** The sources of a secret in a list of secrets. */
function secretEntries(block: ConfigPath): readonly ValueSource[] {
  return [
    { block, target: 'value', key: 'valueEnv', from: 'environment', beside: 'conflict' },
    { block, target: 'value', key: 'valueFile', from: 'file', beside: 'conflict' },
  ];
}

/** The sources of what opens a place that keys are kept in. */
function signerEntries(block: ConfigPath): readonly ValueSource[] {
  return [
    { block, target: 'token', key: 'tokenEnv', from: 'environment', beside: 'conflict' },
    { block, target: 'pin', key: 'pinEnv', from: 'environment', beside: 'conflict' },
    { block, target: 'pin', key: 'pinFile', from: 'file', beside: 'conflict' },
  ];
}

/** The sources of a key-encryption key. */
function keyEncryptionEntries(block: ConfigPath): readonly ValueSource[] {
  return [
    { block, target: 'value', key: 'valueFromEnv', from: 'environment', beside: 'conflict' },
    { block: [...block, 'vault'], target: 'token', key: 'tokenEnv', from: 'environment', beside: 'conflict' },
  ];
}

/**
 * Fills keys from the environment variables and files that `…Env` and `…File` keys name, and takes the latter out of the tree.
 * A variable that is not set, an unreadable file and two sources for one key are problems.
 */
export function fillFromSources(
  root: unknown,
  env: Environment,
  readSecretFile: SecretFileReader | undefined,
  report: Report,
): unknown {
  let tree = root;
  for (const source of sources) {
    for (const block of matchingPaths(root, source.block)) {
      tree = fillOne(tree, block, source, { env, readSecretFile, report });
    }
  }
  return tree;
}

interface Surroundings {
  readonly env: Environment;
  readonly readSecretFile: SecretFileReader | undefined;
  readonly report: Report;
}

function fillOne(
  tree: unknown,
  block: ConfigPath,
  source: ValueSource,
  { env, readSecretFile, report }: Surroundings,
): unknown {
  const keyPath = [...block, source.key];
  const targetPath = [...block, source.target];
  const name = valueAt(tree, keyPath);
  // Anything but text is left for the schema to refuse.
  if (typeof name !== 'string') return tree;
  const rest = withValueAt(tree, keyPath, undefined);
  if (name === '') return rest;
  const current = valueAt(rest, targetPath);
  if (current !== undefined && current !== '') {
    if (source.beside === 'conflict')
      report.problem(keyPath, `and another source of ${source.target} are both given; keep one of them`);
    return rest;
  }
  const value = source.from === 'environment' ? env[name] : readOrUndefined(readSecretFile, name);
  if (value !== undefined && value !== '') {
    report.origin(targetPath, `${source.key} ${name}`);
    return withValueAt(rest, targetPath, value);
  }
  if (source.from === 'environment' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    // Not repeated: somebody may have written the secret itself here.
    report.problem(keyPath, 'must be the name of an environment variable');
    report.explained(targetPath);
    return rest;
  }
  const state = value === undefined ? unavailable[source.from] : 'is empty';
  report.problem(keyPath, `names the ${subject[source.from]} ${name}, which ${state}`);
  report.explained(targetPath);
  return rest;
}

const subject = { environment: 'environment variable', file: 'file' } as const;
const unavailable = { environment: 'is not set', file: 'cannot be read' } as const;

function readOrUndefined(readSecretFile: SecretFileReader | undefined, path: string): string | undefined {
  try {
    // Editors and `echo` end files with a line break that is not part of the secret.
    return readSecretFile?.(path).replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/** All paths of the tree that a pattern with `*` for list positions matches. */
function matchingPaths(root: unknown, pattern: ConfigPath): readonly ConfigPath[] {
  let paths: readonly ConfigPath[] = [[]];
  for (const part of pattern) {
    paths = paths.flatMap((path) => {
      if (part !== '*') return [[...path, part]];
      const list = valueAt(root, path);
      return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
    });
  }
  return paths.filter((path) => valueAt(root, path) !== undefined);
}
