import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeContended, storeRetired } from '../../rules/store-errors.ts';
import { createTurns } from '../../rules/turns.ts';
import type { EtcdConnection } from './connection.ts';
import type { Keyspace } from './keyspace.ts';
import type { KeyValue, RequestOp, ResponseOp, TxnRequest } from './protocol.ts';
import { get, isAbsent, isUnchanged } from './steps.ts';

/** What stands, judged: what is answered, and the steps that make it so (none = nothing changes). */
export interface Judgement<R> {
  readonly result: R;
  readonly steps: readonly RequestOp[];
}

/** Changes of one key together with what belongs to it. */
export interface CompareAndSet {
  /**
   * Reads the key, judges it, and takes the steps if it is still the same then and the store is not retired; else judges
   * what stands then. Callers of this process take turns. Gives the result and the answers of the steps.
   *
   * @param isAlways whether a retired store takes the steps too.
   * @throws TesseraError `storage.retired`; `storage.contended` when others keep changing it, or too many wait.
   */
  run<R>(key: Buffer, judge: (read: KeyValue | undefined) => Judgement<R>, isAlways?: boolean): Promise<Settled<R>>;
  /**
   * Takes the steps if the conditions hold and the store is not retired, and gives the answers of the steps. Undefined: they
   * did not hold.
   */
  attempt(request: Pick<TxnRequest, 'compare' | 'success'>): Promise<readonly ResponseOp[] | undefined>;
}

/** What became of a change. */
export interface Settled<R> {
  readonly result: R;
  readonly responses: readonly ResponseOp[];
}

/** What it takes. */
export interface CompareAndSetOptions {
  readonly connection: EtcdConnection;
  readonly keys: Keyspace;
}

const MAX_ATTEMPTS = 30;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;
const CONTENDED = 'an entry of etcd';

/** Changes by compare and set. */
export function createCompareAndSet({ connection, keys }: CompareAndSetOptions): CompareAndSet {
  const turns = createTurns(CONTENDED);
  const run = async <R>(
    key: Buffer,
    judge: (read: KeyValue | undefined) => Judgement<R>,
    isAlways: boolean,
  ): Promise<Settled<R>> => {
    let read = (await connection.range({ key })).kvs[0];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const { result, steps } = judge(read);
      if (steps.length === 0) return { result, responses: [] };
      const { succeeded, responses } = await connection.txn({
        compare: [...(isAlways ? [] : [isAbsent(keys.retired)]), isUnchanged(key, read)],
        success: steps,
        failure: [get(keys.retired), get(key)],
      });
      if (succeeded) return { result, responses };
      const [retired, now] = responses.map(({ response_range }) => response_range?.kvs[0]);
      if (retired !== undefined && !isAlways) throw storeRetired();
      read = now;
      await pause(attempt);
    }
    throw storeContended(CONTENDED);
  };
  return {
    run: (key, judge, isAlways = false) => turns.take(key.toString('latin1'), () => run(key, judge, isAlways)),
    async attempt({ compare, success }) {
      const { succeeded, responses } = await connection.txn({
        compare: [isAbsent(keys.retired), ...compare],
        success,
        failure: [get(keys.retired)],
      });
      if (!succeeded && responses[0]?.response_range?.kvs[0] !== undefined) throw storeRetired();
      return succeeded ? responses : undefined;
    },
  };
}

/** At random, so that those who met do not meet again. The first repetition waits for nothing. */
async function pause(attempt: number): Promise<void> {
  if (attempt === 1) return;
  await sleep(randomInt(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt)));
}
