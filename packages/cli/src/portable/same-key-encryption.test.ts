import type { StoredRecord } from '@tessera/storage';
import { expect, test } from 'vitest';
import { samplePortableGrant, sampleStoredRecord } from '../testing/portable-samples.ts';
import type { PortableEntry } from './portable-entry.ts';
import { withKeySetsChecked } from './same-key-encryption.ts';

const keySet = (): PortableEntry => ({ type: 'record', kind: 'key_set', record: sampleStoredRecord() });
const client = (): PortableEntry => ({ type: 'record', kind: 'client', record: sampleStoredRecord() });
const grant = (): PortableEntry => ({ type: 'grant', grant: samplePortableGrant() });

async function* from(entries: readonly PortableEntry[]): AsyncGenerator<PortableEntry> {
  yield* entries;
}

test.each([
  ['in front of others', [keySet(), keySet(), client(), grant()], 2],
  ['alone', [keySet()], 1],
  ['of which there are none', [client(), grant()], 0],
  ['in an empty export', [], 0],
])('Key sets %s are checked before anything is passed on, and all is', async (_, entries, count) => {
  const passed: PortableEntry[] = [];
  const seen: (readonly StoredRecord[])[] = [];
  const checked = withKeySetsChecked(from(entries), async (keySets) => {
    expect(passed).toEqual([]);
    seen.push(keySets);
  });
  for await (const entry of checked) passed.push(entry);
  expect(seen.map(({ length }) => length)).toEqual([count]);
  expect(passed).toEqual(entries);
});

test('Nothing is passed on when the check fails', async () => {
  const passed: PortableEntry[] = [];
  const refused = withKeySetsChecked(from([keySet(), client()]), () => Promise.reject(new Error('another key')));
  const run = async (): Promise<void> => {
    for await (const entry of refused) passed.push(entry);
  };
  await expect(run()).rejects.toThrow('another key');
  expect(passed).toEqual([]);
});
