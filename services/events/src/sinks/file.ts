import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EventSink } from '../ports.ts';
import { allPublished, linesOf } from './lines.ts';

/** Readable to the owner alone: events say who did what. */
const MODE = 0o600;
const { O_APPEND, O_CREAT, O_RDWR } = constants;
const NEWLINE = 0x0a;

/**
 * Appends each event as a line to a file, made when missing. Published means that it is on disk. When the file is moved away
 * or removed, the next event begins a new one.
 */
export function createFileSink(path: string): EventSink {
  let current: FileHandle | undefined;
  const leave = async (): Promise<void> => {
    const left = current;
    current = undefined;
    await left?.close();
  };
  const enter = async (): Promise<FileHandle> => {
    if (current !== undefined && (await isStillAt(path, current))) return current;
    await leave();
    current = await openForAppending(path);
    return current;
  };
  const append = async (text: string): Promise<void> => {
    try {
      const file = await enter();
      await writeAll(file, Buffer.from(text));
      await file.datasync();
    } catch (error) {
      // Opened anew, it is looked at anew: a line may have been torn.
      await leave().catch(() => undefined);
      throw error;
    }
  };
  return {
    async ready() {
      await enter();
    },
    publish: (events) => allPublished(events, () => append(linesOf(events))),
    close: leave,
  };
}

async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [there, here] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return there !== undefined && there.ino === here.ino && there.dev === here.dev;
}

async function openForAppending(path: string): Promise<FileHandle> {
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT, MODE);
  try {
    await endTornLine(file);
    await syncDirectory(dirname(path));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A crash in the middle of a line leaves a beginning, which must not swallow the next event. */
async function endTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] !== NEWLINE) await writeAll(file, Buffer.from('\n'));
}

/** A new file is lost with its directory's entry. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}
