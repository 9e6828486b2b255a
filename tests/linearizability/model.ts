/** What a client asked of one code and the grant that may come of it. Reuse intervals are none or longer than any run. */
export type Operation =
  | { readonly type: 'redeem'; readonly grantId: string }
  | { readonly type: 'rotate'; readonly generation: number; readonly attemptId: string; readonly isTolerant: boolean }
  | { readonly type: 'revoke' }
  | { readonly type: 'find' };

/** What it was answered, as one word: `redeemed`, `rotated 3`, `generation 2`, a refusal, … */
export type Answer = string;

/** What is true of one code at one moment. */
export interface State {
  /** The grant its redemption made; undefined = not redeemed. */
  readonly grant?: {
    readonly id: string;
    readonly generation: number;
    readonly attemptId?: string;
    readonly isRevoked: boolean;
  };
}

/** An answer the rules allow, and what is true after it. */
export interface Step {
  readonly answer: Answer;
  readonly next: State;
}

/** The beginning: a code nobody redeemed. */
export const unredeemed: State = {};

/**
 * What the rules allow an operation to be answered. A code may be lost with the short-lived store, so `unknown` is always
 * possible before its redemption and never after it.
 */
export function stepsOf(state: State, operation: Operation): readonly Step[] {
  switch (operation.type) {
    case 'redeem':
      return redeem(state, operation.grantId);
    case 'rotate':
      return [rotate(state, operation)];
    case 'revoke':
      return [revoke(state)];
    case 'find':
      return [{ answer: seen(state), next: state }];
  }
}

function redeem(state: State, grantId: string): readonly Step[] {
  const { grant } = state;
  if (grant === undefined) {
    const redeemed = { id: grantId, generation: 0, isRevoked: false };
    return [
      { answer: 'redeemed', next: { grant: redeemed } },
      { answer: 'unknown', next: state },
    ];
  }
  const isRepetition = grant.id === grantId && !grant.isRevoked;
  // RFC 6749 §4.1.2: whoever presents the code after that ends what came of it.
  return [isRepetition ? { answer: 'redeemed', next: state } : { answer: 'replayed', next: revoked(state) }];
}

function rotate(state: State, operation: Operation & { readonly type: 'rotate' }): Step {
  const { grant } = state;
  const { generation, attemptId, isTolerant } = operation;
  if (grant === undefined || generation > grant.generation) return { answer: 'unknown', next: state };
  if (grant.isRevoked) return { answer: 'revoked', next: state };
  if (generation === grant.generation) {
    const next = { ...grant, generation: generation + 1, attemptId };
    return { answer: `rotated ${next.generation}`, next: { grant: next } };
  }
  const isPredecessor = generation === grant.generation - 1;
  // RFC 9700 §4.14.2: within the reuse interval, or when the same attempt comes again, the same successor.
  if (isPredecessor && (isTolerant || grant.attemptId === attemptId)) {
    return { answer: `rotated ${grant.generation}`, next: state };
  }
  return { answer: 'reused', next: revoked(state) };
}

function revoke(state: State): Step {
  const isDone = state.grant !== undefined && !state.grant.isRevoked;
  return { answer: isDone ? 'revoked by this' : 'nothing to revoke', next: isDone ? revoked(state) : state };
}

function revoked(state: State): State {
  return state.grant === undefined ? state : { grant: { ...state.grant, isRevoked: true } };
}

function seen({ grant }: State): Answer {
  if (grant === undefined) return 'absent';
  return grant.isRevoked ? `revoked at generation ${grant.generation}` : `generation ${grant.generation}`;
}
