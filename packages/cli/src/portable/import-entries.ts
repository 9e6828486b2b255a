import type { RecordKind } from '@tessera/storage';
import type { ImportTarget } from './import-target.ts';
import { countedAs } from './kinds.ts';
import type { PortableEntry } from './portable-entry.ts';
import type { Tally } from './tally.ts';

/** How entries are imported. */
export interface ImportOptions {
  readonly target: ImportTarget;
  readonly tally: Tally;
  /** Whether the target's configuration has an events service to send events to. */
  readonly takesEvents: boolean;
  /** Ends it before the next batch. */
  readonly signal?: AbortSignal;
}

const BATCH = 500;
/** Most characters in a batch, which a database takes as one message. */
const BATCH_CHARACTERS = 1024 * 1024;

/**
 * Brings entries into a store, in batches of one kind. Whatever is there under the same id stays as it is, so an import that
 * was cut off is simply begun anew.
 */
export async function importEntries(
  entries: AsyncIterable<PortableEntry>,
  { target, tally, takesEvents, signal }: ImportOptions,
): Promise<void> {
  let batch: PortableEntry[] = [];
  let characters = 0;
  const flush = async (): Promise<void> => {
    const [first] = batch;
    if (first === undefined) return;
    signal?.throwIfAborted();
    const isLeftOut = first.type === 'event' && !takesEvents;
    const added = isLeftOut ? undefined : await addBatch(target, batch);
    tally.count(isLeftOut ? 'events, left out' : countedAs(first), batch.length, added);
    [batch, characters] = [[], 0];
  };
  for await (const entry of entries) {
    const [first] = batch;
    const isFull = batch.length >= BATCH || characters >= BATCH_CHARACTERS;
    if (isFull || (first !== undefined && countedAs(first) !== countedAs(entry))) await flush();
    batch.push(entry);
    characters += charactersOf(entry);
  }
  await flush();
}

async function addBatch(target: ImportTarget, batch: readonly PortableEntry[]): Promise<number | undefined> {
  const grants = batch.flatMap((entry) => (entry.type === 'grant' ? [entry.grant] : []));
  if (grants.length > 0) return target.addGrants(grants);
  const events = batch.flatMap((entry) => (entry.type === 'event' ? [entry.event] : []));
  if (events.length > 0) return target.addEvents(events);
  const records = batch.flatMap((entry) => (entry.type === 'record' ? [entry] : []));
  const kind = records[0]?.kind satisfies RecordKind | undefined;
  return kind === undefined
    ? 0
    : target.addRecords(
        kind,
        records.map(({ record }) => record),
      );
}

/** How much an entry is, of what may be much. */
function charactersOf(entry: PortableEntry): number {
  switch (entry.type) {
    case 'grant': {
      const { identity, connectorData, scopes } = entry.grant.authorization;
      return connectorData.length + JSON.stringify([identity, scopes]).length;
    }
    case 'record':
      return entry.record.body.length;
    case 'event':
      return entry.event.data.length;
  }
}
