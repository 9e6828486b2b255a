import type { KeyLife } from './key-life.ts';

/** The steps in the life of a key that are told, in order. */
const STEPS = ['created', 'activated', 'retired', 'removed'] as const;

/** A step in the life of a key. */
export type KeyStep = (typeof STEPS)[number];

/** Whether something that was stored is a step. */
export function isKeyStep(value: unknown): value is KeyStep {
  return STEPS.some((step) => step === value);
}

/** A key that remembers which step was told last; undefined = none. */
export interface ToldKey extends KeyLife {
  readonly kid: string;
  readonly told?: KeyStep;
}

/** Why a step came before its time: an order to rotate or to revoke, or a signer that is not configured any more. */
export type ChangeReason = 'rotated' | 'revoked' | 'signer_changed';

/** A step that is to be told. */
export interface KeyChange<K> {
  readonly key: K;
  readonly step: KeyStep;
  /** Undefined: its time had come. */
  readonly reason?: ChangeReason;
  /** When the key's life says that it happened. */
  readonly at: Date;
}

/** What is to be told, and the keys as they are to be stored together with that. */
export interface ToldKeys<K> {
  readonly keys: readonly K[];
  readonly changes: readonly KeyChange<K>[];
}

/**
 * Compares the steps that stored keys have reached at `now` with those that were told of them; `next` is the set as it is to
 * be. A step that was missed, as nobody looked at the time, is told late. None is taken back where a clock is behind. A key
 * that is removed before its time is told to be so now, and to be retired if it signed.
 */
export function tellChanges<K extends ToldKey>(stored: readonly K[], next: readonly K[], now: Date): ToldKeys<K> {
  const staying = new Set(next.map(({ kid }) => kid));
  const removed = stored
    .filter(({ kid }) => !staying.has(kid))
    .flatMap((key) => stepsUntil(key, 'removed', now).filter(({ step }) => step === 'removed' || key.activeAt <= now));
  const changes = next.map((key) => stepsUntil(key, stepOf(key, now), now));
  const keys = next.map((key, position) => {
    const told = changes[position]?.at(-1)?.step;
    return told === undefined ? key : { ...key, told };
  });
  return { keys, changes: [...removed, ...changes.flat()] };
}

function stepOf({ activeAt, retiredAt }: KeyLife, now: Date): KeyStep {
  if (retiredAt !== undefined && retiredAt <= now) return 'retired';
  return activeAt <= now ? 'activated' : 'created';
}

function stepsUntil<K extends ToldKey>(key: K, last: KeyStep, now: Date): readonly KeyChange<K>[] {
  const toldBefore = key.told === undefined ? 0 : STEPS.indexOf(key.told) + 1;
  return STEPS.slice(toldBefore, STEPS.indexOf(last) + 1).map((step) => {
    const moment = momentOf(key, step) ?? now;
    return { key, step, at: moment < now ? moment : now };
  });
}

function momentOf(key: KeyLife, step: KeyStep): Date | undefined {
  switch (step) {
    case 'created':
      return key.createdAt;
    case 'activated':
      return key.activeAt;
    case 'retired':
      return key.retiredAt;
    case 'removed':
      return key.goneAt;
  }
}
