import type { EtcdStorageConfig } from '@tessera/config';
import type { RecordKind } from '../../ports.ts';
import type { GrantMember } from './grant-value.ts';

/** Where everything stands. A part that callers choose is the last of its key, or encoded so that it has no slash. */
export interface Keyspace {
  /** Version of the layout. */
  readonly schema: Buffer;
  /** There while the store refuses changes. */
  readonly retired: Buffer;
  /** Held by the replica that sweeps. */
  readonly sweepLock: Buffer;
  readonly grants: Prefix<[id: string]>;
  /** Id of the grant by the hash of its code. */
  readonly codes: Prefix<[hash: string]>;
  /** Grants by one member of the selector. */
  readonly by: (member: GrantMember, value: string) => Prefix<[id: string]>;
  /** Grants by when they may be swept. */
  readonly ends: Prefix<[ms: number, id: string]>;
  readonly records: (kind: RecordKind) => Prefix<[id: string]>;
  readonly owners: (kind: RecordKind, owner: string) => Prefix<[id: string]>;
  /** Records by when they expire. */
  readonly expiring: Prefix<[ms: number, kind: string, id: string]>;
  /** Put with each change of a watched kind, so that etcd's version of the key is the kind's revision. */
  readonly revision: (kind: RecordKind) => Buffer;
  /** The events of a lane, by when they happened. */
  readonly lane: (lane: number) => Prefix<[ms: number, order: string, id: string]>;
  /** All lanes. */
  readonly outbox: Prefix<[rest: string]>;
  /** Ids of the events that wait. */
  readonly eventIds: Prefix<[id: string]>;
  /** Positions of the events kept aside. */
  readonly parked: Prefix<[position: string]>;
}

/** Keys that begin alike. */
export interface Prefix<P extends readonly (string | number)[]> {
  key(...parts: P): Buffer;
  /** What stands after the beginning. */
  rest(key: Buffer): string;
  /** The first key after one of these; undefined = the first of all. */
  after(rest: string | undefined): Buffer;
  /** The first key that begins with this, or would. */
  at(rest: string): Buffer;
  /** The key after the last. */
  readonly end: Buffer;
}

/** Numbers in keys have this many digits, so that their order is that of the keys. */
const DIGITS = 20;

/** A number as it stands in keys. */
export function digits(value: number | string): string {
  return String(value).padStart(DIGITS, '0');
}

/** The keys of a namespace: `<namespace>/tessera/…`, or `tessera/…`. */
export function createKeyspace({ namespace }: Pick<EtcdStorageConfig, 'namespace'>): Keyspace {
  const separator = namespace === '' || namespace.endsWith('/') ? '' : '/';
  const root = `${namespace}${separator}tessera/`;
  const under = <P extends readonly (string | number)[]>(...path: readonly string[]) =>
    prefix<P>(`${root}${path.join('/')}/`);
  return {
    schema: Buffer.from(`${root}schema`),
    retired: Buffer.from(`${root}retired`),
    sweepLock: Buffer.from(`${root}locks/sweep`),
    grants: under('grants'),
    codes: under('codes'),
    by: (member, value) => under('by', member, encoded(value)),
    ends: under('ends'),
    records: (kind) => under('records', kind),
    owners: (kind, owner) => under('owners', kind, encoded(owner)),
    expiring: under('expiring'),
    revision: (kind) => Buffer.from(`${root}revisions/${kind}`),
    lane: (lane) => under('outbox', String(lane).padStart(2, '0')),
    outbox: under('outbox'),
    eventIds: under('outbox-ids'),
    parked: under('parked'),
  };
}

function encoded(part: string): string {
  return Buffer.from(part, 'utf8').toString('base64url');
}

function prefix<P extends readonly (string | number)[]>(beginning: string): Prefix<P> {
  const start = Buffer.from(beginning);
  const key = (rest: string): Buffer => Buffer.from(`${beginning}${rest}`);
  // The last character is a slash, after which 0 comes.
  const end = Buffer.from(`${beginning.slice(0, -1)}0`);
  return {
    key: (...parts) => key(parts.map((part) => (typeof part === 'number' ? digits(part) : part)).join('/')),
    at: key,
    rest: (whole) => whole.toString('utf8', start.length),
    after: (rest) => (rest === undefined ? start : Buffer.concat([key(rest), Buffer.of(0)])),
    end,
  };
}
