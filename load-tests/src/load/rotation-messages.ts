import type { RpcSecurity } from '@tessera/rpc';
import type { LoadResult } from './messages.ts';

/** Where the callers find storage. */
export interface RotationPlan {
  readonly addresses: readonly string[];
  readonly security: RpcSecurity;
}

/** One measurement. */
export interface RotationOrder {
  readonly type: 'measure';
  /** Grants of the table, to choose from by {@link grantIdOf}. Each size is a table of its own. */
  readonly grants: number;
  readonly callers: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Orders to the process of the callers; the plan comes first. */
export type RotationMessage = { readonly type: 'plan'; readonly plan: RotationPlan } | RotationOrder;

/** What it answers: `begun` and `ended` frame the time that is measured. */
export type RotationReport =
  | { readonly type: 'connected' }
  | { readonly type: 'begun' }
  | { readonly type: 'ended' }
  | { readonly type: 'measured'; readonly result: LoadResult };
