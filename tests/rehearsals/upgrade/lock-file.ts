import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a lock file says of one folder below `node_modules`. */
export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  /** Whether it is one of the repository's own, in the folder `resolved`. */
  readonly link?: boolean;
}

/** Reads what `package-lock.json` in a folder wants to be installed, by paths such as `node_modules/pg`. */
export async function readLockFile(folder: string): Promise<ReadonlyMap<string, LockedPackage>> {
  const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return new Map(Object.entries(packages).filter(([path]) => path.includes('node_modules/')));
}

/** Whether everything that one lock file wants from elsewhere is installed at the same place by another, too. */
export function sharesPackages(
  wanted: ReadonlyMap<string, LockedPackage>,
  installed: ReadonlyMap<string, LockedPackage>,
): boolean {
  return [...wanted].every(([path, { link, version, integrity }]) => {
    if (link === true) return true;
    const other = installed.get(path);
    return path.startsWith('node_modules/') && other?.version === version && other?.integrity === integrity;
  });
}
