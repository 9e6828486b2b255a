import { type Answer, type Operation, type State, stepsOf, unredeemed } from './model.ts';

/** One call of a client, by the clock of the run. */
export interface Call {
  readonly client: number;
  readonly operation: Operation;
  readonly calledMs: number;
  /** Undefined: it failed, so that it may have been carried out at any time since, or never. */
  readonly answered?: { readonly answer: Answer; readonly atMs: number };
}

/** Everything that happened to one code. At most 30 calls. */
export type History = readonly Call[];

const MOST_CALLS = 30;

/**
 * Whether some order of the calls explains all answers: each call carried out at one moment between call and answer, one
 * after the other, by the rules of the model (Herlihy and Wing's linearizability, searched as Wing and Gong do). A call that
 * failed may have been carried out at any later moment or never; one that was answered may have been carried out once
 * more before, since a connection that breaks is no reason not to try again.
 */
export function isLinearizable(history: History): boolean {
  if (history.length > MOST_CALLS) throw new Error(`a history has at most ${MOST_CALLS} calls`);
  const all = (1 << history.length) - 1;
  const answeredMask = maskOf(history, ({ answered }) => answered !== undefined);
  const dead = new Set<string>();

  /** `done`: calls that have had their say; `tried`: calls carried out ahead of that, or failed ones carried out. */
  const search = (done: number, tried: number, state: State): boolean => {
    if ((done & answeredMask) === answeredMask) return true;
    const key = `${done} ${tried} ${JSON.stringify(state)}`;
    if (dead.has(key)) return false;
    dead.add(key);
    // Nobody can be carried out after a call that was answered before they were called.
    const horizonMs = earliestAnswer(history, done);
    for (const [index, call] of history.entries()) {
      const bit = 1 << index;
      if ((done & bit) !== 0 || call.calledMs > horizonMs) continue;
      for (const { answer, next } of stepsOf(state, call.operation)) {
        if (call.answered?.answer === answer && search(done | bit, tried, next)) return true;
        if ((tried & bit) === 0 && search(done, tried | bit, next)) return true;
      }
    }
    return false;
  };
  return all === 0 || search(0, 0, unredeemed);
}

function maskOf(history: History, matches: (call: Call) => boolean): number {
  return history.reduce((mask, call, index) => (matches(call) ? mask | (1 << index) : mask), 0);
}

function earliestAnswer(history: History, done: number): number {
  let earliestMs = Number.POSITIVE_INFINITY;
  for (const [index, { answered }] of history.entries()) {
    if (answered !== undefined && (done & (1 << index)) === 0) earliestMs = Math.min(earliestMs, answered.atMs);
  }
  return earliestMs;
}

/** A history a person can read. */
export function describeHistory(history: History): string {
  const sorted = history.toSorted((left, right) => left.calledMs - right.calledMs);
  return sorted
    .map(({ client, operation, calledMs, answered }) => {
      const end = answered === undefined ? 'not answered' : `${answered.atMs.toFixed(1)} ${answered.answer}`;
      return `client ${client} ${JSON.stringify(operation)}: ${calledMs.toFixed(1)} … ${end}`;
    })
    .join('\n');
}
