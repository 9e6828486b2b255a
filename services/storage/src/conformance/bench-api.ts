import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { Authorization, CodeOutcome, Grant, RotationOutcome, StorageApi } from '@tessera/contracts';
import type { Outcome } from '@tessera/rpc';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
import type { DurableStore, StoreObserver } from '../ports.ts';
import { createStorageApi, type StorageOperations } from '../storage-api.ts';
import { freshId, sampleAuthorization, sampleCode } from './samples.ts';

/** How the suite gets hold of the durable store under test. */
export interface DurableHarness {
  /** Opens the store; a second call opens the same data again, once the first is closed. */
  open(options: { readonly clock: FakeClock; readonly onStatement: StoreObserver }): Promise<DurableStore>;
  /** Whether what was written outlives the store. */
  readonly isPersistent: boolean;
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
  /** Closes the store and opens it again. */
  reopen(): Promise<Bench>;
}

/** Sets up a bench on a harness. */
export async function createBench(
  harness: DurableHarness,
  config: Partial<Pick<TesseraConfig, 'staticClients' | 'staticPasswords'>> = {},
  clock: FakeClock = createFakeClock(),
): Promise<Bench> {
  let statements: string[] = [];
  let commands: string[] = [];
  const durable = await harness.open({ clock, onStatement: (name) => statements.push(name) });
  await durable.ready();
  const ephemeral = createMemoryEphemeralStore({ clock, onCommand: (name) => commands.push(name) });
  const full = { staticClients: [], staticPasswords: [], ...config };
  const operations = createStorageApi({ ephemeral, durable, clock, config: full });
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
      statements = [];
      commands = [];
      return value.grant;
    },
    async reopen() {
      operations.close();
      await durable.close();
      return createBench(harness, config, clock);
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
