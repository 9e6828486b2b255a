import { randomBytes } from 'node:crypto';
import { access, type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandFailure } from '../command-line/failure.ts';
import { systemErrorCode } from '../command-line/file-fault.ts';
import type { Terminal } from '../command-line/terminal.ts';

/** The name that stands for standard input and standard output. */
export const STANDARD_STREAM = '-';

const faults: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EPIPE: 'nobody reads it any more',
};

/** Throws CommandFailure when a file is there: no export ever replaces one. */
export async function assertIsNew(file: string): Promise<void> {
  if (file === STANDARD_STREAM) return;
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw alreadyThere(file);
}

/**
 * Writes a stream to standard output (`-`) or to a new file that only its owner may read. The file has its name from when
 * it is whole and on disk; until then it has another, and when anything fails it is removed. Throws CommandFailure when
 * it cannot be written or another one is there, and whatever the stream throws.
 */
export async function writeOutput(file: string, bytes: AsyncIterable<Buffer>, terminal: Terminal): Promise<void> {
  if (file === STANDARD_STREAM) {
    await pipeline(Readable.from(bytes), terminal.output, { end: false }).catch((error: unknown) => {
      throw writeFault('standard output', error);
    });
    return;
  }
  const draft = `${file}.${randomBytes(6).toString('hex')}.partial`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      for await (const chunk of bytes) await writeAll(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await giveName(draft, file);
  } catch (error) {
    throw writeFault(file, error);
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    offset += (await handle.write(chunk, offset)).bytesWritten;
  }
}

/** A link replaces nothing; where there are none, the name is looked at once more. */
async function giveName(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw alreadyThere(file);
    await assertIsNew(file);
    await rename(draft, file);
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function alreadyThere(file: string): CommandFailure {
  return new CommandFailure(`${file} is there already and is not overwritten.`);
}

/** Errors of the system are about the file; every other one is about what was to be written. */
function writeFault(file: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  const isOfSystem = error instanceof Error && 'syscall' in error;
  if (code === undefined || !isOfSystem) return error;
  return new CommandFailure(`${file} cannot be written: ${faults[code] ?? code}.`, { exitCode: 1, cause: error });
}
