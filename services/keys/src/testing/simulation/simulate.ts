import { previewKeys } from '../../operations/preview-keys.ts';
import { groupByAlgorithm } from '../../rotation/key-sets.ts';
import { makeNextDocument } from '../../rotation/next-document.ts';
import { planOrder, type Urgency } from '../../rotation/orders.ts';
import { jwksMaxAgeSeconds } from '../../rotation/policy.ts';
import type { StoredSigningKey } from '../../rotation/signing-document.ts';
import { secondsOf, skewedClock } from './fake-parts.ts';
import type { SimulationOptions, SimulationResult, Unverifiable } from './options.ts';
import {
  configOf,
  createWorld,
  freshen,
  publish,
  type Replica,
  refresh,
  restart,
  sign,
  tellWrite,
  type World,
} from './world.ts';

const DAY_SECONDS = 86_400;
const MAX_KEPT = 100;
const NOTICE_OF_HEALTH_SECONDS = 300;

/** What is counted on the way. */
interface Tally {
  verified: number;
  refused: number;
  readonly kids: Set<string>;
  readonly unverifiable: Unverifiable[];
  readonly troubles: { pause: number; cut: number; restart: number };
  mayFailUntilSeconds?: number;
  atOnceSeconds?: number;
}

/**
 * Runs three replicas over one document, with clocks apart, that are suspended, cut off from storage and started anew, also
 * with another configuration; and verifiers that keep each JWKS they fetched, from any replica, for its whole max-age and
 * never fetch earlier. Time goes from one thing that happens to the next.
 *
 * Two things are looked at, most of all around the changes of keys. Whatever any replica signs is in every JWKS that somebody
 * may keep: a JWKS is compared with all signers at the end of its max-age, and once before. And at the end of its lifetime
 * each token is verified by a JWKS fetched just then, from each replica.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const world = createWorld(options);
  const tally: Tally = {
    verified: 0,
    refused: 0,
    kids: new Set(),
    unverifiable: [],
    troubles: { pause: 0, cut: 0, restart: 0 },
  };
  const { queue, random, replicas } = world;
  const endSeconds = options.days * DAY_SECONDS;
  world.onNewKeys = (keys) => watchKeys(world, tally, keys);
  for (const replica of replicas) queue.at(random.upTo(1), () => refresh(world, replica));
  for (const replica of replicas) queue.at(random.upTo(2 * DAY_SECONDS), () => trouble(world, tally, replica));
  queue.at(60, () => traffic(world, tally));
  const phases = Math.max(options.algorithms.length, options.lifetimesSeconds.length);
  for (let phase = 1; phase < phases; phase += 1) {
    const beginsAt = ((phase + random.upTo(0.8)) / (phases + 0.8)) * endSeconds;
    const config = configOf(options, phase);
    for (const replica of replicas) queue.at(beginsAt + random.upTo(3600), () => restart(world, replica, config));
  }
  for (let order = 0; order < options.plannedRotations; order += 1) {
    queue.at(3600 + random.upTo(endSeconds), () => rotate(world, tally, 'planned'));
  }
  if (options.atOnceOnDay !== undefined) queue.at(options.atOnceOnDay * DAY_SECONDS, () => rotate(world, tally, 'now'));
  await queue.runUntil(endSeconds);
  const { kids, unverifiable, ...counts } = tally;
  return { seed: options.seed, ...counts, unverifiable, keys: kids.size };
}

/** What happens around the lives of keys that are made at once: verifiers fetch, predecessors sign with their last breath. */
function watchKeys(world: World, tally: Tally, keys: readonly StoredSigningKey[]): void {
  const { queue, random, replicas } = world;
  const now = queue.nowSeconds();
  const active = Math.max(...keys.map(({ activeAt }) => secondsOf(activeAt)));
  for (let number = 0; number < 2; number += 1) queue.at(now + random.upTo(40), () => probe(world, tally));
  queue.at(now + random.upTo(Math.max(1, active - now)), () => probe(world, tally));
  for (const replica of replicas) {
    const turns = active - replica.skewSeconds;
    const { maxAgeSeconds } = replica.config.policy;
    queue.at(turns - random.upTo(maxAgeSeconds), () => probe(world, tally));
    for (const moment of [turns - random.upTo(5), turns + random.upTo(60)]) {
      queue.at(moment, () => signAndFollow(world, tally, replica, random.pick(keys).alg));
    }
  }
  if (!random.isLikely(0.25)) return;
  const unlucky = random.pick(replicas);
  const befall = random.isLikely(0.5) ? cut : pause;
  queue.at(now + random.upTo(active - now + 300), () => befall(world, tally, unlucky, 3000));
}

/** A verifier fetches the JWKS from some replica, and keeps it. */
async function probe(world: World, tally: Tally, from?: Replica): Promise<void> {
  const { queue, random, options } = world;
  const replica = from ?? random.pick(world.replicas);
  const fetchedAtSeconds = queue.nowSeconds();
  const kids = await publish(world, replica);
  if (kids === undefined || isOutOfRotation(replica, NOTICE_OF_HEALTH_SECONDS)) return;
  const maxAge = jwksMaxAgeSeconds(replica.config.policy, replica.ring.ageSeconds());
  const keepsSeconds = options.keepsSeconds ?? maxAge;
  for (const after of [random.upTo(keepsSeconds), Math.max(0, keepsSeconds - 0.001)]) {
    queue.at(fetchedAtSeconds + after, () => compare(world, tally, kids, fetchedAtSeconds));
  }
}

/** The health check takes a replica that could not sign out of the gateway's rotation, within some time. */
function isOutOfRotation({ ring, config }: Replica, withinSeconds: number): boolean {
  return ring.ageSeconds() > config.policy.staleAfterSeconds + withinSeconds;
}

/** Whatever anybody signs now, the verifier knows the key. */
async function compare(world: World, tally: Tally, kids: ReadonlySet<string>, fetchedAtSeconds: number): Promise<void> {
  const at = world.queue.nowSeconds();
  for (const replica of world.replicas) {
    for (const alg of replica.config.algorithms) {
      const signature = await sign(world, replica, alg);
      if (signature === undefined) tally.refused += 1;
      else {
        tally.kids.add(signature.kid);
        judge(tally, kids, {
          kind: 'unknown',
          kid: signature.kid,
          atSeconds: at,
          signedAtSeconds: at,
          fetchedAtSeconds,
        });
      }
    }
  }
}

/** A token, verified at the last moment of its life. */
async function signAndFollow(
  world: World,
  tally: Tally,
  replica: Replica,
  alg: Replica['config']['algorithms'][number],
): Promise<void> {
  const signedAtSeconds = world.queue.nowSeconds();
  if (!replica.config.algorithms.includes(alg)) return;
  const signature = await sign(world, replica, alg);
  if (signature === undefined) {
    tally.refused += 1;
    return;
  }
  const { kid, expiresAtSeconds } = signature;
  tally.kids.add(kid);
  world.queue.at(expiresAtSeconds - 0.001, async () => {
    const at = world.queue.nowSeconds();
    for (const one of world.replicas) {
      const kids = await publish(world, one);
      if (kids === undefined || isOutOfRotation(one, 0)) continue;
      judge(tally, kids, { kind: 'gone', kid, atSeconds: at, signedAtSeconds, fetchedAtSeconds: at });
    }
  });
}

function judge(tally: Tally, kids: ReadonlySet<string>, case_: Unverifiable): void {
  if (kids.has(case_.kid)) tally.verified += 1;
  else if (tally.unverifiable.length < MAX_KEPT) tally.unverifiable.push(case_);
}

/** Requests that come whenever. */
async function traffic(world: World, tally: Tally): Promise<void> {
  const { queue, random } = world;
  const replica = random.pick(world.replicas);
  await signAndFollow(world, tally, replica, random.pick(replica.config.algorithms));
  await probe(world, tally);
  queue.at(queue.nowSeconds() + random.upTo(14_400), () => traffic(world, tally));
}

/** Something goes wrong with a replica, and again some time later. */
async function trouble(world: World, tally: Tally, replica: Replica): Promise<void> {
  const { queue, random } = world;
  const kind = random.pick(['pause', 'cut', 'restart'] as const);
  if (kind === 'pause') await pause(world, tally, replica, 14_400);
  else if (kind === 'cut') await cut(world, tally, replica, 7200);
  else {
    tally.troubles.restart += 1;
    await restart(world, replica, replica.config);
  }
  queue.at(queue.nowSeconds() + random.upTo(4 * DAY_SECONDS), () => trouble(world, tally, replica));
}

/** Suspended, as a virtual machine is; what comes first when it wakes up is a request. */
async function pause(world: World, tally: Tally, replica: Replica, longestSeconds: number): Promise<void> {
  const { queue, random } = world;
  await freshen(world, replica).catch(() => undefined);
  tally.troubles.pause += 1;
  const until = queue.nowSeconds() + random.upTo(longestSeconds);
  replica.pausedUntil = Math.max(replica.pausedUntil, until);
  for (const after of [0.001, random.upTo(5)]) {
    queue.at(until + after, () => signAndFollow(world, tally, replica, random.pick(replica.config.algorithms)));
  }
  queue.at(until + 0.002, () => probe(world, tally, replica));
  queue.at(until + random.upTo(30), () => refresh(world, replica));
}

/** Cut off from storage: it goes on by what it knows until that is too old, and lets others keep it. */
async function cut(world: World, tally: Tally, replica: Replica, longestSeconds: number): Promise<void> {
  const { queue, random } = world;
  await freshen(world, replica).catch(() => undefined);
  tally.troubles.cut += 1;
  const now = queue.nowSeconds();
  const until = now + random.upTo(longestSeconds);
  replica.cutUntil = Math.max(replica.cutUntil, until);
  const { staleAfterSeconds } = replica.config.policy;
  for (const after of [random.upTo(staleAfterSeconds), random.upTo(staleAfterSeconds), staleAfterSeconds - 0.001]) {
    if (now + after > until) continue;
    queue.at(now + after, () => probe(world, tally, replica));
    queue.at(now + after, () => signAndFollow(world, tally, replica, random.pick(replica.config.algorithms)));
  }
  queue.at(until + random.upTo(5), () => refresh(world, replica));
}

/** An operator's order, by a clock of their own. */
async function rotate(world: World, tally: Tally, urgency: Urgency): Promise<void> {
  const { queue, random, shared, custody, options } = world;
  for (const replica of world.replicas) await freshen(world, replica).catch(() => undefined);
  const before = shared.document;
  if (before === undefined) return;
  const skew = options.skewSeconds ?? 120;
  const now = skewedClock(queue.nowSeconds, random.upTo(2 * skew) - skew).now();
  const { algorithms: configured, policy } = random.pick(world.replicas).config;
  const order = { type: 'rotate', urgency } as const;
  const circumstances = { configured, policy, now };
  const plans = planOrder(groupByAlgorithm(before.keys), order, circumstances);
  if (urgency === 'now') {
    const { successions } = previewKeys(before, order, circumstances, new Map());
    tally.atOnceSeconds = queue.nowSeconds();
    tally.mayFailUntilSeconds = Math.max(...successions.map(({ mayFailUntil = now }) => secondsOf(mayFailUntil)));
  }
  shared.document = (
    await makeNextDocument({ custody, before, plans, now, retentionSeconds: policy.retentionSeconds })
  ).document;
  shared.version += 1;
  tellWrite(world, before);
}
