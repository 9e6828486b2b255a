import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { KeyEncryptionConfig, KeyEncryptionSource } from '@tessera/config';
import { type LogFields, type Logger, noMetrics } from '@tessera/telemetry';
import type { KeySetStorage, KeysService } from '../../ports.ts';
import { createKeysService } from '../../server.ts';
import { createFakeKeySetStorage, type FakeKeySetStorage } from '../../testing/fake-key-set-storage.ts';
import { testConfig, testKey, waitUntil } from '../../testing/test-service.ts';
import type { FakeTransit } from './fake-transit.ts';

/** A log that can be read. */
export interface RecordedLog extends Logger {
  /** What was written, a line each with the message of its error. */
  readonly lines: string[];
}

/** A log that is kept in memory. */
export function createRecordedLog(): RecordedLog {
  const lines: string[] = [];
  const write = (fields: LogFields, message: string): void => {
    const { err, ...rest } = fields;
    lines.push([message, err instanceof Error ? err.message : '', JSON.stringify(rest)].join(' '));
  };
  return { lines, debug: write, info: write, warn: write, error: write };
}

/** A key in the configuration; every number gives another one. */
export function valueSource(seed: number): Extract<KeyEncryptionSource, { readonly type: 'value' }> {
  return { type: 'value', value: testKey(seed) };
}

/** A key that the Transit key of this name wraps, by the server at an address. */
export function vaultSource(keyName = 'tessera', addr = 'https://vault.example.com'): KeyEncryptionSource {
  return { type: 'vault', vault: { addr, token: 'secret', mount: 'transit' }, keyName };
}

/** What a replica of a test is made of. */
export interface ReplicaOptions {
  readonly keyEncryption: KeyEncryptionConfig;
  readonly storage?: FakeKeySetStorage;
  /** What it reaches storage by. Default: `storage` itself. */
  readonly reach?: (storage: FakeKeySetStorage) => KeySetStorage;
  readonly clock?: FakeClock;
  /** By address. */
  readonly vaults?: Readonly<Record<string, FakeTransit>>;
}

/** A replica of the keys service over fakes. */
export interface Replica extends KeysService {
  readonly storage: FakeKeySetStorage;
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  /** Names of the documents that it wrote, in order. */
  readonly written: readonly string[];
  /** Moves the clock on until something is true, so that the service looks at storage. */
  passTimeUntil(isTrue: () => boolean | Promise<boolean>): Promise<void>;
}

/** Starts a replica; it may not be ready yet. */
export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const { keyEncryption, storage = createFakeKeySetStorage(), clock = createFakeClock(), vaults = {} } = options;
  const log = createRecordedLog();
  const written: string[] = [];
  const reached = options.reach?.(storage) ?? storage;
  const service = await createKeysService({
    config: testConfig({ keyEncryption }),
    clock,
    logger: log,
    metrics: noMetrics,
    storage: {
      getKeySet: (...asked) => reached.getKeySet(...asked),
      async compareAndSetKeySet(...write) {
        const isWritten = await reached.compareAndSetKeySet(...write);
        if (isWritten) written.push(write[0]);
        return isWritten;
      },
    },
    openTransit: async ({ addr }) => {
      const transit = vaults[addr];
      if (transit === undefined) throw new Error(`no server at ${addr}`);
      return transit;
    },
  });
  const passTimeUntil: Replica['passTimeUntil'] = (isTrue) =>
    waitUntil(async () => {
      if (await isTrue()) return true;
      clock.advance(1);
      return false;
    });
  return { ...service, storage, clock, log, written, passTimeUntil };
}

/** The same, ready. */
export async function startReadyReplica(options: ReplicaOptions): Promise<Replica> {
  const replica = await startReplica(options);
  await replica.ready();
  return replica;
}

/** A copy of what is stored, to compare with. */
export function snapshot(storage: FakeKeySetStorage): FakeKeySetStorage['documents'] {
  return structuredClone(storage.documents);
}
