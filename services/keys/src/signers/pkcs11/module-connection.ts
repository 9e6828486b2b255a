import { signerRefused, signerUnavailable } from '../signer-errors.ts';
import type { ModuleOutcome, ModuleProcess } from './module-host.ts';
import type { ModuleCall, ModuleCalls, SignatureOrder, SignatureOutcome } from './module-protocol.ts';
import { createModuleStarter, type ModuleStarterOptions } from './module-starter.ts';

/** A token, over all that happens to it and to the process that has its library. */
export interface ModuleConnection {
  /**
   * Asks for something. What failed because the token had gone is asked for once more from a new process. Throws
   * `keys.signer_unavailable`, or `keys.signer_refused` for what somebody has to change first.
   */
  ask<C extends Exclude<ModuleCall, 'open' | 'sign'>>(
    call: C,
    ask: ModuleCalls[C]['ask'],
  ): Promise<ModuleCalls[C]['answer']>;
  /** Signatures, each with its own outcome. Throws as {@link ModuleConnection.ask} where there is none at all. */
  sign(items: readonly SignatureOrder[]): Promise<readonly SignatureOutcome[]>;
  /** Counts the processes. A new one has looked up all keys anew. */
  generation(): number;
  close(): Promise<void>;
}

/** How a token is reached. */
export interface ModuleConnectionOptions extends ModuleStarterOptions {
  /** How long an answer may take, in milliseconds, before the library's process is killed. Default 30,000. */
  readonly answerWithinMs?: number;
}

/** Small devices take minutes for a large RSA key. */
const GENERATION_FACTOR = 10;

interface Asked<C extends ModuleCall> {
  readonly module: ModuleProcess;
  readonly outcome: ModuleOutcome<C>;
}

/** A connection that is made when it is needed. */
export function createModuleConnection(options: ModuleConnectionOptions): ModuleConnection {
  const { answerWithinMs = 30_000 } = options;
  const starter = createModuleStarter({ ...options, answerWithinMs });

  const request = async <C extends ModuleCall>(call: C, ask: ModuleCalls[C]['ask']): Promise<Asked<C>> => {
    const module = await starter.get();
    const timeoutMs = call === 'generate' ? answerWithinMs * GENERATION_FACTOR : answerWithinMs;
    const outcome = await module.request(call, ask, timeoutMs);
    if (!outcome.ok && outcome.failure.kind === 'lost') starter.retire(module, outcome.failure.message);
    return { module, outcome };
  };
  const askOnce = async <C extends ModuleCall>(call: C, ask: ModuleCalls[C]['ask']): Promise<ModuleOutcome<C>> =>
    (await request(call, ask)).outcome;
  const signOnce = async (items: readonly SignatureOrder[]): Promise<readonly SignatureOutcome[]> => {
    const { module, outcome } = await request('sign', { items });
    if (!outcome.ok) return items.map(() => ({ ok: false, failure: outcome.failure }));
    const lost = outcome.answer.find(isLost);
    if (lost?.ok === false) starter.retire(module, lost.failure.message);
    return outcome.answer;
  };

  return {
    async ask(call, ask) {
      const first = await askOnce(call, ask);
      // A key pair may be there already when the process ended before it said so.
      const isRepeated = !first.ok && first.failure.kind === 'lost' && !(first.isGone && call === 'generate');
      const outcome = isRepeated ? await askOnce(call, ask) : first;
      if (outcome.ok) return outcome.answer;
      const { kind, message } = outcome.failure;
      throw kind === 'refused' ? signerRefused(message) : signerUnavailable(message);
    },
    async sign(items) {
      const outcomes = await signOnce(items);
      const lost = items.filter((_, index) => isLost(outcomes[index]));
      if (lost.length === 0) return outcomes;
      const again = [...(await signOnce(lost))];
      return outcomes.map((outcome) => (isLost(outcome) ? (again.shift() ?? outcome) : outcome));
    },
    generation: () => starter.generation(),
    close: () => starter.close(),
  };
}

function isLost(outcome: SignatureOutcome | undefined): boolean {
  return outcome?.ok === false && outcome.failure.kind === 'lost';
}
