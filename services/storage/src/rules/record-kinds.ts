import type { RecordKind } from '../ports.ts';

/** What is particular about a kind of records. */
interface RecordKindTraits {
  /** Its changes are counted, for those who follow it. Writers of a watched kind wait for one another. */
  readonly isWatched: boolean;
}

/** Every kind of records. */
export const recordKinds: Readonly<Record<RecordKind, RecordKindTraits>> = {
  client: { isWatched: true },
  connector: { isWatched: true },
  key_set: { isWatched: true },
  user: { isWatched: false },
  credential: { isWatched: false },
  consent: { isWatched: false },
  session: { isWatched: false },
  initial_access_token: { isWatched: false },
  logout_delivery: { isWatched: false },
  logout_due: { isWatched: false },
  lease: { isWatched: false },
};

/** The kinds in a fixed order. */
export const allRecordKinds = Object.keys(recordKinds) as readonly RecordKind[];

/** The kinds whose changes are counted. */
export const watchedKinds: readonly RecordKind[] = allRecordKinds.filter((kind) => recordKinds[kind].isWatched);
