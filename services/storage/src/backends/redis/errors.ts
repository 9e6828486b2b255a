import { TesseraError } from '@tessera/errors';
import { storeUnavailable } from '../../rules/store-errors.ts';

/** The text of an error reply; empty for whatever else was thrown. */
export function replyOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.name === 'ReplyError' ? thrown.message : '';
}

/** Error replies that say the server cannot work now, not that the command is wrong. */
const UNAVAILABLE_REPLIES =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|OOM|MISCONF|NOREPLICAS|BUSY|NOAUTH|WRONGPASS|NOPERM)/;

/** Of these, what stays until somebody does something, and what no broken connection announces. */
const LASTING_REPLIES = /^(READONLY|OOM|MISCONF|NOREPLICAS|BUSY|NOAUTH|NOPERM)/;

/** What a command threw, as a TesseraError. */
export function redisError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const reply = replyOf(thrown);
  // Whatever is no reply is a broken connection, one that says nothing any more, or a Cluster that sends in circles.
  return reply === '' || UNAVAILABLE_REPLIES.test(reply)
    ? storeUnavailable('Redis', thrown)
    : TesseraError.from(thrown);
}

/** Whether an error reply has to be told to the operator because nothing else tells them. */
export function isLastingRefusal(thrown: unknown): boolean {
  return LASTING_REPLIES.test(replyOf(thrown));
}

/** The answer of a read, or null when a value of another type is in its place: a foreign value says nothing. */
export async function unlessForeign<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (thrown) {
    if (replyOf(thrown).startsWith('WRONGTYPE')) return null;
    throw thrown;
  }
}
