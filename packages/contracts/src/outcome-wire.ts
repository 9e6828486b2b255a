import { TesseraError } from '@tessera/errors';
import type { Error as ErrorMessage } from '@tessera/proto/tessera/common/v1/error';
import { errorFromWire, errorToWire, failed, type Outcome, succeeded } from '@tessera/rpc';

/** An outcome message without its oneof set, from a peer of another version: an internal error, never a silent success. */
export function missingOutcome(): Outcome<never> {
  return failed(new Error('an outcome without content'));
}

/** The failed outcome an error message stands for. */
export function failedFromWire(message: ErrorMessage): Outcome<never> {
  return failed(errorFromWire(message));
}

/** The case of an outcome message that holds an error. */
export interface ErrorCase {
  readonly $case: 'error';
  readonly value: ErrorMessage;
}

/** A failed outcome as a case of its message. */
export function errorCase(error: TesseraError): ErrorCase {
  return { $case: 'error', value: errorToWire(error) };
}

/** An outcome that is yes or no, as a case of its message. */
export function flagToWire<C extends string>(
  $case: C,
  outcome: Outcome<boolean>,
): { readonly $case: C; readonly value: boolean } | ErrorCase {
  return outcome.ok ? { $case, value: outcome.value } : errorCase(outcome.error);
}

/** The outcome of a message that says yes or no. */
export function flagFromWire(
  message: { readonly $case: string; readonly value: boolean } | ErrorCase | undefined,
): Outcome<boolean> {
  if (message === undefined) return missingOutcome();
  return typeof message.value === 'boolean' ? succeeded(message.value) : failedFromWire(message.value);
}

/** A successful outcome, or the reason why a value of the wire is none. */
export function outcomeOf<T>(read: () => T): Outcome<T> {
  try {
    return succeeded(read());
  } catch (thrown) {
    return failed(thrown);
  }
}

/**
 * Sends those items of a request that can be read as one batch. Each of the others is answered with why it cannot be:
 * an item of a newer peer must not fail the calls that share its batch.
 */
export async function sendReadable<M, Q, S>(
  messages: readonly M[],
  read: (message: M) => Q,
  send: (items: readonly Q[]) => Promise<readonly Outcome<S>[]>,
): Promise<readonly Outcome<S>[]> {
  const items = messages.map((message) => outcomeOf(() => read(message)));
  const readable = items.flatMap((item) => (item.ok ? [item.value] : []));
  const answers = (readable.length === 0 ? [] : await send(readable)).values();
  return items.map((item) => (item.ok ? (answers.next().value ?? missingOutcome()) : item));
}

/** A message field that has to be there; throws TesseraError `invalid_argument` when a peer left it out. */
export function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw malformed(`message without ${field}`);
  return value;
}

/** A message that says what this version does not understand, or not what it has to. */
export function malformed(message: string): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'contracts.malformed_message', message });
}

/** Durations travel as whole seconds; a part of one counts as one, so that no short time becomes "none". */
export function wholeSeconds(seconds: number): number {
  return Math.ceil(seconds);
}

/** An empty string on the wire is an absent value. */
export function optionalText<K extends string>(key: K, value: string): { readonly [P in K]?: string } {
  return (value === '' ? {} : { [key]: value }) as { readonly [P in K]?: string };
}

/** Leaves out a key whose value is undefined. */
export function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };
}
