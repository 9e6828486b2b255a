import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type {
  AdministeredKind,
  Authorization,
  CodeOutcome,
  Grant,
  RecordToPut,
  RotationOutcome,
  StorageApi,
  User,
} from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import type { Outcome } from '@tessera/rpc';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
import type { DurableStore, StoreObserver } from '../ports.ts';
import { createStorageApi, type StorageOperations } from '../storage-api.ts';
import { freshId, sampleAuthorization, sampleCode } from './samples.ts';

/** How a store under test is opened. */
export interface HarnessOptions {
  readonly clock: FakeClock;
  readonly hasOutbox: boolean;
  /** Told the name of each statement, which is that of the port's method in snake case: `insert_grants`, `get_records`, … */
  readonly onStatement: StoreObserver;
}

/** How the suite gets hold of the durable store under test. */
export interface DurableHarness {
  /** Opens the store; a second call opens the same data again, once the first is closed. */
  open(options: HarnessOptions): Promise<DurableStore>;
  /** Whether what was written outlives the store. */
  readonly isPersistent: boolean;
}

/** What a bench may have beyond the defaults: nothing configured, events kept. */
export interface BenchOptions extends Partial<Pick<TesseraConfig, 'staticClients' | 'staticPasswords'>> {
  readonly hasOutbox?: boolean;
}

/** The whole of storage on one durable store, with everything a test looks at. */
export interface Bench extends StorageOperations {
  readonly clock: FakeClock;
  readonly durable: DurableStore;
  /** Names of the statements since the last {@link Bench.counted}. */
  counted(): readonly string[];
  /** Names of the commands to the ephemeral store since the last call. */
  commands(): readonly string[];
  /** Ends a sign-in with a code and returns its id. */
  putCode(authorization?: Partial<Authorization>, ttlSeconds?: number): Promise<string>;
  /** A grant freshly redeemed. */
  putGrant(authorization?: Partial<Authorization>): Promise<Grant>;
  /** Creates or replaces a stored person. */
  putUser(user: User): Promise<void>;
  /** False: there was none. */
  deleteUser(email: string): Promise<boolean>;
  /** Creates or replaces a stored client. */
  putClient(client: Client): Promise<void>;
  /** False: there was none. */
  deleteClient(id: string): Promise<boolean>;
  /** The operations on the same stores once more, as of another process. */
  sameStores(): StorageOperations;
  /** Closes the store and opens it again. */
  reopen(): Promise<Bench>;
}

/** Sets up a bench on a harness. */
export async function createBench(
  harness: DurableHarness,
  options: BenchOptions = {},
  clock: FakeClock = createFakeClock(),
): Promise<Bench> {
  const statements: string[] = [];
  const commands: string[] = [];
  const { hasOutbox = true, ...config } = options;
  const durable = await harness.open({ clock, hasOutbox, onStatement: (name) => statements.push(name) });
  await durable.ready();
  const ephemeral = createMemoryEphemeralStore({ clock, onCommand: (name) => commands.push(name) });
  const full = { staticClients: [], staticPasswords: [], ...config };
  const operations = createStorageApi({ ephemeral, durable, clock, config: full, hasOutbox });
  const putCode: Bench['putCode'] = async (authorization = {}, ttlSeconds = 60) => {
    const id = freshId();
    await operations.api.putAuthorizationRequest({ id, version: 1, payload: new Uint8Array() }, 600);
    await operations.api.completeAuthorizationRequest({
      id,
      version: 1,
      authorization: sampleAuthorization(authorization),
      codeTtlSeconds: ttlSeconds,
      attemptId: freshId(),
    });
    return id;
  };
  const put = async <K extends AdministeredKind>(record: RecordToPut<K>): Promise<void> => {
    if ((await operations.api.putRecord(record)) === undefined) throw new Error('the record was not written');
  };
  return {
    ...operations,
    clock,
    durable,
    putCode,
    counted: () => statements.splice(0),
    commands: () => commands.splice(0),
    async putGrant(authorization) {
      const whole = sampleAuthorization(authorization);
      const code = sampleCode(await putCode(authorization), {
        clientId: whole.clientId,
        redirectUri: whole.redirectUri,
      });
      const [outcome] = await operations.api.redeemCodes([code]);
      const value = unwrapped(outcome);
      if (value.type !== 'redeemed') throw new Error(`not redeemed: ${value.refusal}`);
      statements.length = 0;
      commands.length = 0;
      return value.grant;
    },
    putUser: (value) => put({ kind: 'user', value, expected: 'any', actor: 'test' }),
    deleteUser: (id) => operations.api.deleteRecord({ kind: 'user', id, actor: 'test' }),
    putClient: (value) => put({ kind: 'client', value, expected: 'any', actor: 'test' }),
    deleteClient: (id) => operations.api.deleteRecord({ kind: 'client', id, actor: 'test' }),
    sameStores: () => createStorageApi({ ephemeral, durable, clock, config: full, hasOutbox }),
    async reopen() {
      operations.close();
      await durable.close();
      return createBench(harness, options, clock);
    },
  };
}

/** The value of an outcome; throws its error. */
export function unwrapped<T>(outcome: Outcome<T> | undefined): T {
  if (outcome === undefined) throw new Error('no outcome');
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

/** What became of each item, as short words: `redeemed`, `rotated 1`, `upstream_first`, a refusal, or an error's code. */
export function words(outcomes: readonly Outcome<CodeOutcome | RotationOutcome>[]): string[] {
  return outcomes.map((outcome) => {
    if (!outcome.ok) return outcome.error.code;
    const { value } = outcome;
    if (value.type === 'refused') return value.refusal;
    return value.type === 'rotated' ? `rotated ${value.grant.generation}` : value.type;
  });
}

/** The grant as it stands; throws when there is none. */
export async function grantNow(api: StorageApi, id: string): Promise<Grant> {
  const grant = unwrapped((await api.findGrants([id]))[0]);
  if (grant === undefined) throw new Error('no such grant');
  return grant;
}
