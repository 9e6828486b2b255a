import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh directory of its own below the system's directory for temporary files. */
export interface TempDirectory extends AsyncDisposable {
  readonly path: string;
  /** Removes the directory with all that is in it; may be called twice. */
  remove(): Promise<void>;
}

/**
 * Creates a {@link TempDirectory}. Other users may pass through it (a server that gives up root must reach its files)
 * but not list it.
 *
 * @param name stands in the directory's name: `tessera-<name>-XXXXXX`.
 */
export async function createTempDirectory(name: string): Promise<TempDirectory> {
  const path = await mkdtemp(join(tmpdir(), `tessera-${name}-`));
  await chmod(path, 0o711);
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
