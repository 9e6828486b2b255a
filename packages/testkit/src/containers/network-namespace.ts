import { readFile, readlink } from 'node:fs/promises';

/** The file of a network namespace, for `nsenter --net=FILE`. */
export interface OuterNetwork {
  readonly file: string;
}

/**
 * Finds the network that lies around this process's own: that of its nearest ancestor in another network namespace.
 * Undefined where there is none.
 */
export async function findOuterNetwork(): Promise<OuterNetwork | undefined> {
  const own = await readlink('/proc/self/ns/net');
  for (let pid = process.ppid; pid > 1; pid = await parentOf(pid)) {
    const file = `/proc/${pid}/ns/net`;
    const other = await readlink(file).catch(() => own);
    if (other !== own) return { file };
  }
  return undefined;
}

/** Whether this process is in a network and a mount namespace that its ancestors are not in. */
export async function hasOwnNamespaces(): Promise<boolean> {
  const outer = await findOuterNetwork();
  if (outer === undefined) return false;
  const [own, others] = await Promise.all([readlink('/proc/self/ns/mnt'), readlink(outer.file.replace(/net$/, 'mnt'))]);
  return own !== others;
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^PPid:\t(\d+)$/m.exec(status)?.[1] ?? 0);
}
