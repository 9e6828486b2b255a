import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { childEnvironment } from '../child-environment.ts';
import { hasOwnNamespaces } from './network-namespace.ts';

/** The programs of a container host, and the Debian package of each. */
const PROGRAMS = {
  podman: 'podman',
  runc: 'runc',
  conmon: 'conmon',
  iptables: 'iptables',
  debootstrap: 'debootstrap',
  nsenter: 'util-linux',
  tar: 'tar',
};

/** Programs that the engine finds by itself, and the package of each. */
const FILES = {
  '/usr/lib/podman/netavark': 'netavark',
  '/usr/lib/podman/aardvark-dns': 'aardvark-dns',
};

const SERVER_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * Checks that containers can be run here.
 *
 * @throws Error that names all that is missing, and how to get it.
 */
export async function checkRequirements(): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('A container host needs Linux and the rights of root');
  }
  const directories = [...(childEnvironment()['PATH'] ?? '').split(delimiter).filter(Boolean), ...SERVER_DIRECTORIES];
  const missing = new Set<string>();
  for (const [program, name] of Object.entries(PROGRAMS)) {
    const found = await Promise.all(directories.map((directory) => isExecutable(join(directory, program))));
    if (!found.includes(true)) missing.add(name);
  }
  for (const [file, name] of Object.entries(FILES)) if (!(await isExecutable(file))) missing.add(name);
  if (missing.size === 0) return;
  throw new Error(`A container host needs programs that are not installed: apt-get install ${[...missing].join(' ')}`);
}

/**
 * Checks that networks of containers would be this process's own affair.
 *
 * @throws Error that says how to start the process.
 */
export async function checkNamespaces(): Promise<void> {
  if (await hasOwnNamespaces()) return;
  throw new Error(
    'Networks of containers need a network and a mount namespace of their own: ' +
      "unshare --net --mount sh -c 'ip link set lo up && exec …'",
  );
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
