import { access, mkdir, readdir, rename, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { childEnvironment } from './child-environment.ts';
import { findProgram } from './missing-program.ts';
import { runProgram } from './run-program.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startSoftHsm} makes the token. */
export interface SoftHsmOptions {
  /** Default `tessera`. */
  readonly tokenLabel?: string;
  /** Mechanisms that the token shall not have, as `CKM_EDDSA`. Default none. */
  readonly withoutMechanisms?: readonly string[];
}

/** A PKCS #11 token in software: a directory of its own, which a library reads where it is loaded. Nothing runs. */
export interface SoftHsm {
  /** Path of the library. */
  readonly library: string;
  readonly tokenLabel: string;
  /** The user's. */
  readonly pin: string;
  /** The security officer's. */
  readonly soPin: string;
  /**
   * The environment of a process that loads the library. `SOFTHSM2_CONF` leads to the token; the library reads it once in the
   * life of a process, so each process has one token, and a test that needs several has several processes.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Initialises a further token in the same library. */
  addToken(label: string): Promise<void>;
  /** Takes the token out; who has it open finds that its objects are gone. */
  unplug(): Promise<void>;
  /** Puts it back. */
  plugIn(): Promise<void>;
  /** Number of objects in all tokens, halves of key pairs each. */
  countObjects(): Promise<number>;
  close(): Promise<void>;
}

const PIN = '4711-user';
const SO_PIN = '0815-officer';

/**
 * Makes a token of SoftHSM in a directory of its own.
 *
 * @throws MissingProgramError when SoftHSM is not installed.
 */
export async function startSoftHsm(options: SoftHsmOptions = {}): Promise<SoftHsm> {
  const { tokenLabel = 'tessera', withoutMechanisms = [] } = options;
  const command = await findProgram('softhsm2-util');
  const library = await findLibrary(command);
  const directory = await createTempDirectory('softhsm');
  const [tokens, drawer] = [join(directory.path, 'tokens'), join(directory.path, 'drawer')];
  const configuration = join(directory.path, 'softhsm2.conf');
  await mkdir(tokens, { mode: 0o700 });
  // SoftHSM 2.6.1 takes the sign for a part of the first name, and ignores names that it does not know.
  const mechanisms = withoutMechanisms.length === 0 ? 'ALL' : `-NONE,${withoutMechanisms.join(',')}`;
  const lines = ['objectstore.backend = file', 'log.level = ERROR', `slots.mechanisms = ${mechanisms}`];
  await writeFile(configuration, [`directories.tokendir = ${tokens}`, ...lines, ''].join('\n'));
  const environment = childEnvironment({ SOFTHSM2_CONF: configuration });
  const addToken = async (label: string): Promise<void> => {
    const pins = ['--so-pin', SO_PIN, '--pin', PIN];
    const args = ['--init-token', '--free', '--label', label, ...pins, '--module', library];
    await runProgram({ command, args, env: environment });
  };
  await addToken(tokenLabel);
  return {
    library,
    tokenLabel,
    pin: PIN,
    soPin: SO_PIN,
    environment,
    addToken,
    async unplug() {
      await rename(tokens, drawer);
      await mkdir(tokens, { mode: 0o700 });
    },
    async plugIn() {
      await rmdir(tokens);
      await rename(drawer, tokens);
    },
    async countObjects() {
      const names = await readdir(tokens, { recursive: true });
      return names.filter((name) => name.endsWith('.object') && !name.endsWith('token.object')).length;
    },
    close: () => directory.remove(),
  };
}

/** The library lies beside the program's prefix, under the name of the machine's kind on Debian. */
async function findLibrary(command: string): Promise<string> {
  const lib = join(dirname(dirname(command)), 'lib');
  const candidates = ['softhsm', 'x86_64-linux-gnu/softhsm', 'aarch64-linux-gnu/softhsm', 'pkcs11'];
  for (const candidate of candidates) {
    const path = join(lib, candidate, 'libsofthsm2.so');
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new Error(
    `SoftHSM's library libsofthsm2.so is not below ${lib}; on Debian or Ubuntu: apt-get install softhsm2`,
  );
}
