import { TesseraError } from '@tessera/errors';
import { failed, type Outcome } from '@tessera/rpc';

/**
 * Some items of a call failed, and the others were done all the same. For whoever does not ask about the items it is the
 * first of their errors.
 */
export class PartialFailure extends TesseraError {
  // Private, so that no log prints the answers.
  readonly #outcomes: readonly Outcome<unknown>[];

  /** @param outcomes of every item, in order; at least one failed. */
  constructor(outcomes: readonly Outcome<unknown>[]) {
    const first = outcomes.find((outcome) => !outcome.ok);
    if (first === undefined) throw new TypeError('no item failed');
    const { kind, code, message, retryAfterSeconds } = first.error;
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    super({ kind, code, message, cause: first.error, ...wait });
    this.#outcomes = outcomes;
  }

  /** What became of one item of a call that answers with items of type `S`. */
  outcomeAt<S>(index: number): Outcome<S> {
    return (this.#outcomes[index] as Outcome<S> | undefined) ?? failed(this);
  }
}
