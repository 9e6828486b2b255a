import type { Clock } from '@tessera/clock';
import type { EgressClient } from '@tessera/egress';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { upstreamMisconfigured } from '../../sign-in-errors.ts';
import { createSingleFlight } from '../../single-flight.ts';
import { askUpstreamFor200 } from './upstream-answer.ts';

/** The keys an upstream signs with. */
export interface UpstreamKeys {
  /** The keys at hand, loaded at most once an hour. */
  find(jwksUri: string): Promise<JWTVerifyGetKey>;
  /** The keys anew, after one was missing; undefined when they were asked for less than half a minute ago (N78). */
  findNewer(jwksUri: string): Promise<JWTVerifyGetKey | undefined>;
}

const MAX_AGE_MS = 3_600_000;
const SHORTEST_PAUSE_MS = 30_000;

interface Loaded {
  readonly jwksUri: string;
  readonly keys: JWTVerifyGetKey;
  readonly atMs: number;
}

/** Keeps the key set of one upstream. */
export function createUpstreamKeys(client: EgressClient, clock: Clock): UpstreamKeys {
  const once = createSingleFlight<JWTVerifyGetKey>();
  let known: Loaded | undefined;

  const load = (jwksUri: string): Promise<JWTVerifyGetKey> =>
    once(jwksUri, async () => {
      const body = await askUpstreamFor200(client, { url: jwksUri }, 'key set');
      const keys = importKeys(body, jwksUri);
      known = { jwksUri, keys, atMs: clock.monotonicMs() };
      return keys;
    });
  const ageMs = (jwksUri: string): number =>
    known?.jwksUri === jwksUri ? clock.monotonicMs() - known.atMs : Number.POSITIVE_INFINITY;

  return {
    async find(jwksUri) {
      return known !== undefined && ageMs(jwksUri) < MAX_AGE_MS ? known.keys : load(jwksUri);
    },
    async findNewer(jwksUri) {
      return ageMs(jwksUri) < SHORTEST_PAUSE_MS ? undefined : load(jwksUri);
    },
  };
}

function importKeys(body: Readonly<Record<string, unknown>>, jwksUri: string): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(body as unknown as JSONWebKeySet);
  } catch (error) {
    throw upstreamMisconfigured(`the key set at ${new URL(jwksUri).host} is none`, error);
  }
}
