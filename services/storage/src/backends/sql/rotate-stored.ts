import type { TokenToRotate } from '@tessera/contracts';
import type { JudgedGrant } from '../../ports.ts';
import { REFRESH_TOKEN_REUSED } from '../../rules/grant-events.ts';
import { judgeRotation, settleRotation } from '../../rules/judge-rotation.ts';
import { foundGrant, type StoredGrant } from './grant-row.ts';

/** A presented token judged on the row it is about, which the caller holds. */
export interface RotatedGrant {
  readonly judged: JudgedGrant;
  /** To be written; undefined = nothing changed. */
  readonly changed?: StoredGrant;
}

/** Judges a token and says what is to be written. */
export function rotateStored(stored: StoredGrant, token: TokenToRotate, now: Date): RotatedGrant {
  const verdict = judgeRotation(stored, token, now);
  const settled = settleRotation(stored, { verdict, token, now });
  const judged = { verdict, ...foundGrant(settled) };
  if (settled === stored) return { judged };
  return { judged, changed: verdict === 'reused' ? { ...settled, revokedReason: REFRESH_TOKEN_REUSED } : settled };
}
