import type { Clock } from '@tessera/clock';
import type { Authorization } from '@tessera/contracts';
import { createBoundedMap } from './bounded-map.ts';

/** What can be redeemed: the codes of sign-ins, and the ids of devices that were approved. */
export interface MemoryCodes {
  put(id: string, authorization: Authorization, expiresAt: Date): void;
  find(id: string): Authorization | undefined;
  /** Lets go of what has expired. */
  readonly sweep: () => void;
}

interface Code {
  readonly expiresAt: Date;
  readonly authorization: Authorization;
}

/** Codes in memory. */
export function createMemoryCodes(clock: Clock, maxEntries: number): MemoryCodes {
  const codes = createBoundedMap<Code>({ clock, maxEntries, expiresAt: (code) => code.expiresAt });
  return {
    put: (id, authorization, expiresAt) => codes.set(id, { authorization, expiresAt }),
    find: (id) => codes.get(id)?.authorization,
    sweep: codes.sweep,
  };
}
