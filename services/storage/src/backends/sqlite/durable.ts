import type { Clock } from '@tessera/clock';
import type { DurableStore, StoreObserver } from '../../ports.ts';
import { startLastingThread } from './lasting-thread.ts';
import type { OperationName, SqliteOperations } from './protocol.ts';

/** How a SQLite store is opened. */
export interface SqliteOptions {
  /** Path of the file, or `:memory:`. */
  readonly file: string;
  readonly clock: Clock;
  /** Whether events are kept. */
  readonly hasOutbox: boolean;
  /** Told the name of every operation; each is a part of one transaction. */
  readonly onStatement?: StoreObserver;
}

/**
 * Durable state in one SQLite file, for one process; another one, such as a command of the administrator, may write for
 * moments. The database has a thread of its own, so that no request waits for another one's disk, and calls that meet share
 * a commit. What races is judged one after the other, at the moment when it leaves for the thread.
 *
 * @throws TesseraError `storage.cannot_open` with the path and the reason.
 */
export async function openSqliteStore({ file, clock, hasOutbox, onStatement }: SqliteOptions): Promise<DurableStore> {
  const thread = await startLastingThread({ file, hasOutbox, openedAt: clock.now() }, clock);
  const run =
    <Name extends OperationName>(name: Name) =>
    (argsNow: () => Parameters<SqliteOperations[Name]>) => {
      onStatement?.(name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
      return thread.run(name, argsNow);
    };
  return {
    async ready() {},
    close: () => thread.close(),

    insertGrants: (grants) => run('insertGrants')(() => [grants, clock.now()]),
    revokeByCode: (codes) => run('revokeByCode')(() => [codes, clock.now()]),
    rotateGrants: (tokens) => run('rotateGrants')(() => [tokens, clock.now()]),
    reopenRotations: (rotations) => run('reopenRotations')(() => [rotations, clock.now()]),
    revokeGrants: (grants) => run('revokeGrants')(() => [grants, clock.now()]),
    findGrants: (ids) => run('findGrants')(() => [ids]),
    listGrants: (listing) => run('listGrants')(() => [listing]),
    revokeGrantsBy: (selector, reason, limit) => run('revokeGrantsBy')(() => [selector, reason, limit, clock.now()]),
    deleteEndedGrants: (before, limit) => run('deleteEndedGrants')(() => [before, limit]),

    getRecords: (refs) => run('getRecords')(() => [refs, clock.now()]),
    listRecords: (listing) => run('listRecords')(() => [listing, clock.now()]),
    writeRecords: (records) => run('writeRecords')(() => [records, clock.now()]),
    removeRecords: (records) => run('removeRecords')(() => [records, clock.now()]),
    revisions: () => run('revisions')(() => []),
    deleteExpiredRecords: (before, limit) => run('deleteExpiredRecords')(() => [before, limit]),

    appendEvents: async (events) => {
      if (hasOutbox && events.length > 0) await run('appendEvents')(() => [events]);
    },
    readEvents: (lanes, limit, after) => run('readEvents')(() => [lanes, limit, after]),
    removeEvents: (positions) => run('removeEvents')(() => [positions]),
    parkEvents: (events) => run('parkEvents')(() => [events, clock.now()]),
    listParkedEvents: (limit, after) => run('listParkedEvents')(() => [limit, after]),
    unparkEvents: (positions) => run('unparkEvents')(() => [positions]),
    backlog: () => run('backlog')(() => []),

    async exportGrants(limit, after) {
      const grants = await run('exportGrants')(() => [limit, after]);
      // Bytes come out of the thread without their class.
      return grants.map((grant) => ({ ...grant, codeHash: Buffer.from(grant.codeHash) }));
    },
    importGrants: (grants) => run('importGrants')(() => [grants]),
    importRecords: (kind, records) => run('importRecords')(() => [kind, records]),
    retire: () => run('retire')(() => []),
    reinstate: () => run('reinstate')(() => []),
  };
}
