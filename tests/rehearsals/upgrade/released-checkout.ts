import { access, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTempDirectory, runProgram, startProcess, tryProgram } from '@tessera/testkit';
import { type LockedPackage, readLockFile, sharesPackages } from './lock-file.ts';

/** Root of this checkout. */
export const PRESENT = fileURLToPath(new URL('../../../', import.meta.url));

/** The last version that was released, as `.release.json` names it. */
export interface Release {
  readonly version: string;
  /** Full hash of the commit. */
  readonly commit: string;
  /** By store: the steps of its schema, in order. */
  readonly migrations: Readonly<Record<string, readonly unknown[]>>;
}

/** A version's files with its dependencies, ready to run from `path` until it is removed. */
export interface Checkout extends AsyncDisposable {
  readonly path: string;
}

/** Reads `.release.json`. */
export async function readRelease(): Promise<Release> {
  return JSON.parse(await readFile(join(PRESENT, '.release.json'), 'utf8')) as Release;
}

/**
 * Takes the released version's files from the history of this clone. Third-party packages are this checkout's own where both
 * lock files name the same ones, and are installed by npm where not.
 *
 * @throws Error when this clone lacks the commit, or what has to be installed can be had from nowhere.
 */
export async function checkOutRelease({ commit }: Release): Promise<Checkout> {
  const directory = await createTempDirectory('release');
  try {
    const folder = join(directory.path, 'tessera');
    await mkdir(folder);
    await unpack(commit, folder);
    await provideDependencies(folder);
    return { path: folder, [Symbol.asyncDispose]: () => directory.remove() };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

async function unpack(commit: string, folder: string): Promise<void> {
  const known = await tryProgram({ command: 'git', args: ['-C', PRESENT, 'cat-file', '-e', `${commit}^{commit}`] });
  if (known.code !== 0) {
    throw new Error(
      `this clone has no commit ${commit}, which .release.json names as the last release; ` +
        `a shallow clone gets it by: git fetch --unshallow (${known.stderr.trim()})`,
    );
  }
  const archive = join(dirname(folder), 'release.tar');
  await runProgram({ command: 'git', args: ['-C', PRESENT, 'archive', '--format=tar', `--output=${archive}`, commit] });
  await runProgram({ command: 'tar', args: ['-xf', archive, '-C', folder] });
}

async function provideDependencies(folder: string): Promise<void> {
  const released = await readLockFile(folder);
  if (!sharesPackages(released, await readLockFile(PRESENT))) return install(folder);
  for (const [path, entry] of released) {
    const isTop = path.lastIndexOf('node_modules/') === 0;
    if (isTop) await linkPackage(folder, path, entry);
  }
}

/** The version's own packages lead into its folder, all others to where this checkout has them. */
async function linkPackage(folder: string, path: string, entry: LockedPackage): Promise<void> {
  const link = join(folder, path);
  await mkdir(dirname(link), { recursive: true });
  if (entry.link === true) return symlink(relative(dirname(link), join(folder, entry.resolved ?? '')), link);
  const source = join(PRESENT, path);
  // Packages for other platforms are not installed.
  const isInstalled = await access(source).then(
    () => true,
    () => false,
  );
  if (isInstalled) await symlink(source, link);
}

/** From npm's own cache where that has everything, since rehearsals run without a network. */
async function install(folder: string): Promise<void> {
  const args = ['install', '--no-save', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = await startProcess({ name: 'npm', command: 'npm', args, cwd: folder });
  const { code } = await npm.exited;
  if (code === 0) return;
  throw new Error(
    `the released version's dependencies, which differ from this one's, cannot be installed: ${npm.output()}`,
  );
}
