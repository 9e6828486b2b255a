/** Milliseconds since the epoch of the year 9999 have this many digits. */
const DIGITS = 15;

/** What is due, and when. */
export interface Due {
  readonly dueAt: Date;
  /** Of what is due. */
  readonly id: string;
}

/** Bytes that {@link dueId} adds to an id. */
export const DUE_ID_BYTES = DIGITS + 1;

/** An id for the fact that something is due: in the order of ids, what is due first comes first. */
export function dueId({ dueAt, id }: Due): string {
  return `${String(dueAt.getTime()).padStart(DIGITS, '0')}.${id}`;
}

/** What an id of {@link dueId} says. */
export function readDueId(dueIdText: string): Due {
  return { dueAt: new Date(Number(dueIdText.slice(0, DIGITS))), id: dueIdText.slice(DUE_ID_BYTES) };
}
