import type { Clock } from '@tessera/clock';
import type { StorageKeySetsApi } from '@tessera/contracts';
import { keySetFromJson, keySetToJson } from '../codec/key-set-json.ts';
import type { RecordStore } from '../ports.ts';
import { assertId, assertPayload, assertVersion } from '../rules/accepted-input.ts';
import { assertEvent } from './accepted-events.ts';
import type { RevisionWatch } from './revision-watch.ts';

/** What key sets need. */
export interface KeySetsOptions {
  readonly clock: Clock;
  readonly durable: RecordStore;
  readonly watch: RevisionWatch;
}

interface KeySet {
  readonly version: number;
  readonly payload: Uint8Array;
}

/** Encrypted key sets, one statement each. Of two callers with one version, the store lets one win. */
export function createKeySets({ clock, durable, watch }: KeySetsOptions): StorageKeySetsApi {
  const find = async (id: string): Promise<KeySet> => {
    const [record] = await durable.getRecords([{ kind: 'key_set', id }], clock.now());
    if (record === undefined) return { version: 0, payload: new Uint8Array() };
    return { version: record.version, payload: keySetFromJson(record.body) };
  };
  /** The revision is read before the key set, so that no change falls between the two. */
  const findOther = async (name: string, known: number): Promise<KeySet> => {
    const until = watch.longestWait();
    let seen = await watch.revisionOf('key_set');
    for (;;) {
      const found = await find(name);
      if (found.version !== known) return found;
      const next = await watch.waitForOther('key_set', seen, until);
      if (next === undefined) return found;
      seen = next;
    }
  };
  return {
    async getKeySet(name, knownVersion = 0) {
      assertId(name, 'the name of a key set');
      return knownVersion === 0 ? find(name) : findOther(name, knownVersion);
    },
    async compareAndSetKeySet(name, expectedVersion, payload, events = []) {
      assertId(name, 'the name of a key set');
      assertPayload(payload);
      events.forEach(assertEvent);
      if (expectedVersion !== 0) assertVersion(expectedVersion);
      const expected = expectedVersion === 0 ? 'absent' : expectedVersion;
      const record = { kind: 'key_set', id: name, body: keySetToJson(payload), expected, events } as const;
      const [version] = await durable.writeRecords([record], clock.now());
      return version !== undefined;
    },
  };
}
