import { chmod, chown, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file of a {@link writeVersion}. */
export interface VersionedFile {
  /** Below the folder. */
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

const CURRENT = '..data';

/**
 * Replaces all files of a folder in one moment, as a kubelet does: they lie in a folder of this version, to which the link
 * `..data` leads, and links of their names lead through that one.
 *
 * @param group owns the files, and may read them whatever their mode says (`fsGroup`).
 */
export async function writeVersion(
  folder: string,
  files: readonly VersionedFile[],
  group: number | undefined,
): Promise<void> {
  const version = await mkdtemp(join(folder, '..version-'));
  for (const { path, content, mode } of files) {
    const file = join(version, path);
    if (dirname(path) !== '.') await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chown(file, 0, group ?? 0);
    await chmod(file, group === undefined ? mode : mode | 0o440);
  }
  await chown(version, 0, group ?? 0);
  await chmod(version, group === undefined ? 0o755 : 0o2775);
  const former = await readlink(join(folder, CURRENT)).catch(() => undefined);
  const next = join(folder, '..data_tmp');
  await symlink(basename(version), next);
  await rename(next, join(folder, CURRENT));
  await linkNames(folder, files);
  if (former !== undefined) await rm(join(folder, former), { recursive: true, force: true });
}

async function linkNames(folder: string, files: readonly VersionedFile[]): Promise<void> {
  const names = new Set(files.map(({ path }) => path.split('/')[0] ?? path));
  for (const name of await readdir(folder)) {
    if (!name.startsWith('..') && !names.delete(name)) await rm(join(folder, name));
  }
  for (const name of names) await symlink(join(CURRENT, name), join(folder, name));
}
