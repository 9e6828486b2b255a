import { randomBytes } from 'node:crypto';
import type { Storage } from '@tessera/contracts';
import type { Locale } from '../locales/catalogue.ts';
import type { PostLogoutTarget } from './post-logout-target.ts';

/** How a logout goes on when the browser comes back from elsewhere. */
export interface Continuation {
  /** SHA-256 of the browser's key: only that browser goes on. */
  readonly browser: string;
  readonly target?: PostLogoutTarget;
  readonly locale?: Locale;
}

interface StoredContinuation extends Continuation {
  readonly format: 1;
}

/** Where continuations are kept: once each, for as long as an authorization request. */
export interface ContinuationContext {
  readonly storage: Pick<Storage, 'putUpstreamState' | 'consumeUpstreamState'>;
  readonly config: { readonly expiry: { readonly authRequestsSeconds: number } };
}

const STATE = /^[A-Za-z0-9_-]{32}$/;

/** Keeps a continuation, and returns the value by which the browser comes back to it. */
export async function keepContinuation(
  { storage, config }: ContinuationContext,
  continuation: Continuation,
): Promise<string> {
  const state = randomBytes(24).toString('base64url');
  const stored: StoredContinuation = { format: 1, ...continuation };
  await storage.putUpstreamState(keyOf(state), Buffer.from(JSON.stringify(stored)), config.expiry.authRequestsSeconds);
  return state;
}

/** Takes a continuation. Of two callers one gets it; undefined when it was taken before, expired, or never was. */
export async function consumeContinuation(
  { storage }: ContinuationContext,
  state: string | undefined,
): Promise<Continuation | undefined> {
  if (state === undefined || !STATE.test(state)) return undefined;
  const payload = await storage.consumeUpstreamState(keyOf(state));
  if (payload === undefined) return undefined;
  const { format, ...continuation } = JSON.parse(Buffer.from(payload).toString()) as StoredContinuation;
  return format === 1 ? continuation : undefined;
}

/** Sign-ins at upstreams have states as well, and none of them is one of these. */
function keyOf(state: string): string {
  return `logout.${state}`;
}
