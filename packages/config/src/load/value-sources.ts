import type { ConfigPath } from '../problem.ts';
import type { ServiceName } from '../types.ts';
import type { Environment } from './environment-expansion.ts';
import type { Report } from './report.ts';
import { valueAt, withValueAt } from './value-path.ts';

/** Reads a small text file that holds a secret. Throws when it cannot be read; the message is not shown. */
export type SecretFileReader = (path: string) => string;

/** Who uses secrets: a service, or `migration`, a command that works on the durable store alone. */
export type SecretUser = ServiceName | 'migration';

/** A key whose value comes from elsewhere, and the key it fills. */
interface ValueSource {
  readonly block: ConfigPath;
  readonly target: string;
  readonly key: string;
  readonly from: 'environment' | 'file';
  /** What happens when the target is given as well: a problem, or the target wins. */
  readonly beside: 'conflict' | 'fallback';
  /** The services that use the value; undefined = all. */
  readonly usedBy?: readonly SecretUser[];
}

/** Who issues tokens and reads them. */
const ISSUING: readonly SecretUser[] = ['authorize', 'token', 'keys'];

const sources: readonly ValueSource[] = [
  { block: ['staticClients', '*'], target: 'id', key: 'idEnv', from: 'environment', beside: 'conflict' },
  { block: ['staticClients', '*'], target: 'secret', key: 'secretEnv', from: 'environment', beside: 'conflict' },
  secretFile(['staticClients', '*'], 'secret', ['storage']),
  ...secretEntries(['staticClients', '*', 'secrets', '*'], ['storage']),
  ...secretEntries(['resources', 'apiResources', '*', 'secrets', '*'], ['authorize', 'token']),
  {
    block: ['oauth2'],
    target: 'pairwiseSecret',
    key: 'pairwiseSecretEnv',
    from: 'environment',
    beside: 'conflict',
  },
  secretFile(['oauth2'], 'pairwiseSecret', ISSUING),
  { block: ['staticPasswords', '*'], target: 'hash', key: 'hashFromEnv', from: 'environment', beside: 'fallback' },
  secretFile(['connectors', '*', 'config'], 'bindPW', ['federation']),
  secretFile(['connectors', '*', 'config'], 'clientSecret', ['federation']),
  secretFile(['storage', 'config'], 'password', ['storage', 'migration']),
  secretFile(['ephemeral', 'config'], 'password', ['storage']),
  secretFile(['ephemeral', 'config', 'sentinel'], 'password', ['storage']),
  secretFile(['events', 'config', 'sasl'], 'password', ['events']),
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

/** A secret that `<target>File` names the file of. */
function secretFile(block: ConfigPath, target: string, usedBy: readonly SecretUser[]): ValueSource {
  return { block, target, key: `${target}File`, from: 'file', beside: 'conflict', usedBy };
}

/** The sources of a secret in a list of secrets. */
function secretEntries(block: ConfigPath, usedBy: readonly SecretUser[]): readonly ValueSource[] {
  return [
    { block, target: 'value', key: 'valueEnv', from: 'environment', beside: 'conflict' },
    secretFile(block, 'value', usedBy),
  ];
}

/** The sources of what opens a place that keys are kept in. */
function signerEntries(block: ConfigPath): readonly ValueSource[] {
  return [
    { block, target: 'token', key: 'tokenEnv', from: 'environment', beside: 'conflict' },
    { block, target: 'pin', key: 'pinEnv', from: 'environment', beside: 'conflict' },
    secretFile(block, 'pin', ['keys']),
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
 * Fills keys from the environment variables and files that `…Env` and `…File` keys name. The former are taken out of the tree;
 * the latter stay beside the value, so that whoever uses it can look again. A variable that is not set, an unreadable file and
 * two sources for one key are problems. A file that none of `secretsOf` uses need not be there; the key it fills stays empty
 * then.
 */
export function fillFromSources(root: unknown, surroundings: SourceSurroundings, report: Report): unknown {
  let tree = root;
  for (const source of sources) {
    for (const block of matchingPaths(root, source.block)) {
      tree = fillOne(tree, block, source, { ...surroundings, report });
    }
  }
  return tree;
}

/** Where values come from. */
export interface SourceSurroundings {
  readonly env: Environment;
  /** Without it, every file is unreadable. */
  readonly readFile?: SecretFileReader;
  /** Undefined = all services. */
  readonly secretsOf?: readonly SecretUser[];
}

interface Surroundings extends SourceSurroundings {
  readonly report: Report;
}

function fillOne(
  tree: unknown,
  block: ConfigPath,
  source: ValueSource,
  { env, readFile, secretsOf, report }: Surroundings,
): unknown {
  const keyPath = [...block, source.key];
  const targetPath = [...block, source.target];
  const name = valueAt(tree, keyPath);
  // Anything but text is left for the schema to refuse.
  if (typeof name !== 'string') return tree;
  const rest = withValueAt(tree, keyPath, undefined);
  if (name === '') return rest;
  const kept = source.from === 'file' ? tree : rest;
  const current = valueAt(rest, targetPath);
  if (current !== undefined && current !== '') {
    if (source.beside === 'conflict')
      report.problem(keyPath, `and another source of ${source.target} are both given; keep one of them`);
    return rest;
  }
  const value = source.from === 'environment' ? env[name] : readOrUndefined(readFile, name);
  if (value !== undefined && value !== '') {
    report.origin(targetPath, `${source.key} ${name}`);
    return withValueAt(kept, targetPath, value);
  }
  if (source.from === 'file' && !isUsed(source, secretsOf)) {
    report.explained(targetPath);
    return kept;
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

function isUsed({ usedBy }: ValueSource, secretsOf: readonly SecretUser[] | undefined): boolean {
  return secretsOf === undefined || usedBy === undefined || usedBy.some((service) => secretsOf.includes(service));
}

const subject = { environment: 'environment variable', file: 'file' } as const;
const unavailable = { environment: 'is not set', file: 'cannot be read' } as const;

function readOrUndefined(readFile: SecretFileReader | undefined, path: string): string | undefined {
  try {
    // Editors and `echo` end files with a line break that is not part of the secret.
    return readFile?.(path).replace(/\r?\n$/, '');
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
