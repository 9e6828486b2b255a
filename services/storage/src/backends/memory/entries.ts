import { addSeconds } from '@tessera/clock';
import type { Entry, EntryStore } from '../../ports.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { MemoryPartOptions } from './flows.ts';

interface KeptEntry {
  readonly owner: string;
  readonly payload: Uint8Array;
  readonly expiresAt: Date;
}

/** Entries that are put once and taken once, in memory, with the removal of what expired. */
export function createMemoryEntries({
  clock,
  maxEntries,
  onCommand,
}: MemoryPartOptions): EntryStore & { readonly sweep: () => void } {
  const entries = createBoundedMap<KeptEntry>({ clock, maxEntries, expiresAt: (entry) => entry.expiresAt });
  const keyOf = ({ kind, id }: Entry): string => `${kind}:${id}`;
  return {
    async putEntry(entry, payload, ttlSeconds) {
      onCommand?.('put_entry');
      if (entries.get(keyOf(entry)) !== undefined) return;
      const expiresAt = addSeconds(clock.now(), ttlSeconds);
      entries.set(keyOf(entry), { owner: entry.owner, payload: payload.slice(), expiresAt });
    },
    async takeEntry(entry) {
      onCommand?.('take_entry');
      const kept = entries.get(keyOf(entry));
      if (kept === undefined || (kept.owner !== '' && kept.owner !== entry.owner)) return undefined;
      entries.delete(keyOf(entry));
      return kept.payload;
    },
    sweep: entries.sweep,
  };
}
