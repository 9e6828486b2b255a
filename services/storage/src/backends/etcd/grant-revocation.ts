import type { GrantSelector } from '@tessera/contracts';
import { revocationEvent } from '../../rules/grant-events.ts';
import { changeSteps } from './grant-steps.ts';
import { fitsSelector, grantFromJson, type StoredGrant } from './grant-value.ts';
import type { RequestOp } from './protocol.ts';
import type { StoreParts } from './store-parts.ts';

/** A revocation to make. */
export interface Revocation {
  readonly id: string;
  readonly reason: string;
  readonly now: Date;
  /** Only a grant that fits. */
  readonly selector?: GrantSelector;
}

/** What a revocation came to. */
export interface Revoked {
  /** The grant as it is now; undefined = there is none. */
  readonly stored: StoredGrant | undefined;
  /** By this call. */
  readonly isRevokedNow: boolean;
}

/** Revoking one grant at a time. */
export interface GrantRevocation {
  /** Revokes a grant that stands, and writes its event. */
  revoke(revocation: Revocation): Promise<Revoked>;
}

/** A revoked grant, and the steps to it. */
export function revokeStored(
  { keys, eventSteps }: Pick<StoreParts, 'keys' | 'eventSteps'>,
  before: StoredGrant,
  { reason, now }: { readonly reason: string; readonly now: Date },
): { readonly after: StoredGrant; readonly steps: readonly RequestOp[] } {
  const { grant, subject } = before;
  const after: StoredGrant = { ...before, grant: { ...grant, revokedAt: now }, endsAt: now, revokedReason: reason };
  const event = revocationEvent({ id: grant.id, subject, authorization: grant.authorization }, reason, now);
  return { after, steps: [...changeSteps(keys, before, after), ...eventSteps([event])] };
}

/** Revoking one grant at a time, in etcd. */
export function createGrantRevocation(parts: StoreParts): GrantRevocation {
  const { keys, changes } = parts;
  return {
    async revoke({ id, reason, now, selector = {} }) {
      const { result } = await changes.run<Revoked>(keys.grants.key(id), (read) => {
        const stored = read && grantFromJson(read.value.toString());
        if (stored === undefined || stored.grant.revokedAt !== undefined || !fitsSelector(stored, selector)) {
          return { result: { stored, isRevokedNow: false }, steps: [] };
        }
        const { after, steps } = revokeStored(parts, stored, { reason, now });
        return { result: { stored: after, isRevokedNow: true }, steps };
      });
      return result;
    },
  };
}
