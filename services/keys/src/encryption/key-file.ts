import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { wrongKeyEncryptionKey } from './wrong-key.ts';

/** The text of a key file. Throws `keys.wrong_key_encryption_key` when the file cannot be read. */
export async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * The text of a key file; a missing one is made with a new random key, readable by its owner only, unless keys are stored
 * already, which a new key could not open. Of several processes that start at once one makes it and all read the same.
 * Throws `keys.wrong_key_encryption_key` when the file cannot be read or made.
 */
export async function readOrCreateKeyFile(file: string, hasStoredKeys: () => Promise<boolean>): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw unreadable(file, error);
  }
  // Another process may have made both the file and the keys a moment ago, so the file is looked for once more.
  if (await hasStoredKeys()) return readFile(file, 'utf8').catch((error: unknown) => Promise.reject(lost(file, error)));
  try {
    await createKeyFile(file);
    return await readFile(file, 'utf8');
  } catch (error) {
    throw wrongKeyEncryptionKey(`the key-encryption key file ${file} could not be made`, error);
  }
}

/** A finished file is linked into place, so that nobody ever reads half a key and an existing file is never replaced. */
async function createKeyFile(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(32).toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
}

function lost(file: string, cause: unknown): Error {
  return wrongKeyEncryptionKey(
    `the database holds keys encrypted under the key in ${file}, and that file does not exist; put it back`,
    cause,
  );
}

function unreadable(file: string, cause: unknown): Error {
  const reason = hasCode(cause, 'ENOENT') ? 'does not exist' : 'cannot be read';
  return wrongKeyEncryptionKey(`the key-encryption key file ${file} ${reason}`, cause);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
