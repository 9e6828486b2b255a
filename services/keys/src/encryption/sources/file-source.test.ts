import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDirectory } from '@tessera/testkit';
import { describe, expect, it } from 'vitest';
import { testKey } from '../../testing/test-service.ts';
import { createRecordedLog } from '../testing/start-replica.ts';
import { decodeKey } from './decode-key.ts';
import { createFileSource } from './file-source.ts';

const fingerprint = (seed: number): string => decodeKey(testKey(seed), 'test').fingerprint;

async function openFile() {
  const folder = await createTempDirectory('key-file');
  const file = join(folder.path, 'key');
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await replace(testKey(1));
  const log = createRecordedLog();
  const source = createFileSource({ file, role: 'seals', logger: log });
  await source.refresh();
  const known = (): readonly string[] => source.keys().map((key) => key.fingerprint);
  return { folder, file, replace, log, source, known };
}

describe('a key-encryption key in a file', () => {
  it('that changes is the current one from then on, and the former one still opens', async () => {
    const opened = await openFile();
    await using _folder = opened.folder;
    const { replace, source, known, log } = opened;
    await source.refresh();
    expect(known()).toEqual([fingerprint(1)]);
    await replace(`${testKey(2)}\n`);
    await source.refresh();
    expect(known()).toEqual([fingerprint(2), fingerprint(1)]);
    await replace(testKey(1));
    await source.refresh();
    expect(known()).toEqual([fingerprint(1), fingerprint(2)]);
    expect(log.lines.filter((line) => line.startsWith('the key-encryption key changed'))).toHaveLength(2);
  });

  it('N96: that becomes unreadable or malformed changes nothing, and is said once without its text', async () => {
    const opened = await openFile();
    await using _folder = opened.folder;
    const { file, replace, source, known, log } = opened;
    const canary = 'canary-canary-canary';
    for (const spoil of [() => rm(file), () => replace(canary), () => replace('')]) {
      await spoil();
      await source.refresh();
      await source.refresh();
      expect(known()).toEqual([fingerprint(1)]);
    }
    // A malformed file and an empty one have the same problem.
    expect(log.lines).toHaveLength(2);
    expect(log.lines.join()).toContain('does not exist');
    expect(log.lines.join()).not.toContain(canary);
    await replace(testKey(2));
    await source.refresh();
    expect(known()).toEqual([fingerprint(2), fingerprint(1)]);
  });

  it('opens what its last eight contents sealed, and no more', async () => {
    const opened = await openFile();
    await using _folder = opened.folder;
    for (let seed = 2; seed <= 12; seed += 1) {
      await opened.replace(testKey(seed));
      await opened.source.refresh();
    }
    expect(opened.known()).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4].map(fingerprint));
  });
});
