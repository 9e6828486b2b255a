import type { SigningAlgorithm } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import { createKeyRing, type KeyRing } from '../../rotation/key-ring.ts';
import type { ConfiguredAlgorithms } from '../../rotation/key-sets.ts';
import type { RotationPolicy } from '../../rotation/policy.ts';
import { chooseSigningKey, listPublishedKeys } from '../../rotation/select-key.ts';
import type { SigningDocument, StoredSigningKey } from '../../rotation/signing-document.ts';
import type { Custody } from '../../signers/custody.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { createNamedKeys, type SharedDocument, sharedStore, skewedClock } from './fake-parts.ts';
import type { SimulationOptions } from './options.ts';
import { createSeededRandom, type SeededRandom } from './random.ts';

/** How a replica is configured. */
export interface ReplicaConfig {
  readonly algorithms: ConfiguredAlgorithms;
  readonly lifetimeSeconds: number;
  readonly policy: RotationPolicy;
}

/** A replica of the keys service. */
export interface Replica {
  readonly skewSeconds: number;
  readonly clock: ReturnType<typeof skewedClock>;
  config: ReplicaConfig;
  ring: KeyRing;
  /** Suspended: it does nothing until then. */
  pausedUntil: number;
  /** Its way to storage is cut until then. */
  cutUntil: number;
  /** Which of its timers counts. */
  timer: number;
}

/** Until when what a key signed is valid, noted at a moment by a replica that may lose it. */
interface JournalEntry {
  readonly by: Replica;
  readonly notedAt: number;
  readonly kid: string;
  readonly expiresAt: Date;
}

/** Everything there is. */
export interface World {
  readonly options: SimulationOptions;
  readonly queue: EventQueue;
  readonly random: SeededRandom;
  readonly shared: SharedDocument;
  readonly custody: Custody;
  readonly replicas: Replica[];
  /** Written to the stored journal. */
  readonly journal: Map<string, Date>;
  unwritten: JournalEntry[];
  /** Called with the keys that one write made. */
  onNewKeys: (keys: readonly StoredSigningKey[]) => void;
}

const REPLICAS = 3;
const FLUSH_SECONDS = 60;
/** What a notice of a change takes; the others learn of it when they look next. */
const NOTICE_SECONDS = 2;
const NEVER_SECONDS = 1e9;
/** A look that is no longer ago needs no other: in truth it is up to 30 s. */
const RECENT_SECONDS = 10;

/** A world where nothing was ever stored, and its replicas, which are started at once. */
export function createWorld(options: SimulationOptions): World {
  const shared: SharedDocument = { version: 0, document: undefined };
  const world: World = {
    options,
    queue: createEventQueue(),
    random: createSeededRandom(options.seed),
    shared,
    custody: createNamedKeys(),
    replicas: [],
    journal: new Map(),
    unwritten: [],
    onNewKeys: () => undefined,
  };
  const skew = options.skewSeconds ?? 120;
  for (let number = 0; number < REPLICAS; number += 1) {
    // The extremes are there always; who has them changes.
    const skewSeconds = [skew, -skew, world.random.upTo(2 * skew) - skew][number] ?? 0;
    const clock = skewedClock(world.queue.nowSeconds, skewSeconds);
    const config = configOf(options, 0);
    const started = { skewSeconds, clock, config, pausedUntil: 0, cutUntil: 0, timer: 0 };
    const replica: Replica = { ...started, ring: createRing(world, config, clock, () => replica) };
    world.replicas.push(replica);
  }
  return world;
}

/** The configuration of a phase; the last one stays. */
export function configOf({ algorithms, lifetimesSeconds, policyFor }: SimulationOptions, phase: number): ReplicaConfig {
  const chosen = algorithms[Math.min(phase, algorithms.length - 1)] ?? ['ES256'];
  const lifetimeSeconds = lifetimesSeconds[Math.min(phase, lifetimesSeconds.length - 1)] ?? 3600;
  return { algorithms: chosen, lifetimeSeconds, policy: policyFor(chosen, lifetimeSeconds) };
}

/** Starts a replica anew after it was killed: what it has not written of the journal is lost. */
export function restart(world: World, replica: Replica, config: ReplicaConfig): Promise<void> {
  flushJournal(world);
  world.unwritten = world.unwritten.filter(({ by }) => by !== replica);
  replica.config = config;
  replica.pausedUntil = 0;
  replica.ring = createRing(world, config, replica.clock, () => replica);
  return refresh(world, replica);
}

function createRing(world: World, config: ReplicaConfig, clock: Replica['clock'], self: () => Replica): KeyRing {
  const reach = (): void => {
    if (world.queue.nowSeconds() < self().cutUntil) throw new Error('cut off');
  };
  return createKeyRing({
    clock,
    logger: silentLogger,
    // Looks at storage with which nothing is due are left out, or made when somebody asks: see freshen.
    policy: { ...config.policy, reloadSeconds: NEVER_SECONDS },
    configured: config.algorithms,
    store: sharedStore(world.shared, reach, (before) => tellWrite(world, before, self()), world.options),
    earlierStores: [],
    custody: world.custody,
    async latestExpiries() {
      reach();
      flushJournal(world);
      return world.journal;
    },
  });
}

/** The others learn of a write within seconds, or at their next look. */
export function tellWrite(world: World, before: SigningDocument | undefined, by?: Replica): void {
  const { queue, random, replicas, shared } = world;
  for (const replica of replicas.filter((one) => one !== by)) {
    const soon = random.isLikely(0.7) ? NOTICE_SECONDS : replica.config.policy.reloadSeconds;
    queue.at(queue.nowSeconds() + random.upTo(soon), () => refresh(world, replica));
  }
  const known = new Set(before?.keys.map(({ kid }) => kid));
  const made = shared.document?.keys.filter(({ kid }) => !known.has(kid)) ?? [];
  if (made.length > 0) world.onNewKeys(made);
}

/** A look of a replica at storage, and its timer for the next thing that is due. While it cannot, it tries when it can. */
export async function refresh(world: World, replica: Replica): Promise<void> {
  const { queue, random } = world;
  const now = queue.nowSeconds();
  replica.timer += 1;
  const { timer } = replica;
  const again = (seconds: number): void =>
    queue.at(seconds, () => (replica.timer === timer ? lookAll(world, replica) : undefined));
  if (now < replica.pausedUntil) return again(replica.pausedUntil + random.upTo(30));
  try {
    await replica.ring.refresh();
    again(now + replica.ring.nextRefreshMs() / 1000);
  } catch {
    again(Math.max(now, replica.cutUntil) + random.upTo(5));
  }
}

/** So that what is due is not known to anybody earlier than it would be: just before, everybody has looked as well. */
async function lookAll(world: World, replica: Replica): Promise<void> {
  for (const other of world.replicas) if (other !== replica) await freshen(world, other);
  await refresh(world, replica);
}

/** The look that a replica in reach of storage had a moment ago. One that has not heard of a change is left as it is. */
export async function freshen(world: World, replica: Replica): Promise<void> {
  const now = world.queue.nowSeconds();
  if (now < replica.pausedUntil || now < replica.cutUntil) return;
  if (replica.ring.version() !== world.shared.version || replica.ring.ageSeconds() < RECENT_SECONDS) return;
  await replica.ring.refresh();
}

/** A replica's answer to who signs. */
export interface Signature {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly expiresAtSeconds: number;
}

/** Signs by a replica; undefined when it refuses, or does nothing just now. */
export async function sign(
  world: World,
  replica: Replica,
  algorithm: SigningAlgorithm,
): Promise<Signature | undefined> {
  const now = world.queue.nowSeconds();
  if (now < replica.pausedUntil) return undefined;
  const { ring, clock, config } = replica;
  try {
    await freshen(world, replica);
    await ring.ensureFresh();
  } catch {
    return undefined;
  }
  const moment = clock.now();
  const choice = chooseSigningKey(ring.sets(), config.algorithms, algorithm, moment);
  if (choice.outcome !== 'found' || choice.key.sign === undefined) return undefined;
  const expiresAt = new Date(moment.getTime() + config.lifetimeSeconds * 1000);
  const { kid, alg } = choice.key;
  if (world.options.keepsNoJournal !== true) world.unwritten.push({ by: replica, notedAt: now, kid, expiresAt });
  return { kid, alg, expiresAtSeconds: now + replica.skewSeconds + config.lifetimeSeconds };
}

/** The ids of the keys that a replica publishes; undefined while it does nothing, or knows nothing. */
export async function publish(world: World, replica: Replica): Promise<ReadonlySet<string> | undefined> {
  if (world.queue.nowSeconds() < replica.pausedUntil) return undefined;
  await freshen(world, replica).catch(() => undefined);
  await replica.ring.ensureFresh().catch(() => undefined);
  const keys = listPublishedKeys(replica.ring.sets(), replica.config.algorithms, replica.clock.now());
  return keys.length === 0 ? undefined : new Set(keys.map(({ kid }) => kid));
}

function flushJournal(world: World): void {
  const writtenUntil = world.queue.nowSeconds() - FLUSH_SECONDS;
  world.unwritten = world.unwritten.filter(({ notedAt, kid, expiresAt }) => {
    if (notedAt > writtenUntil) return true;
    const known = world.journal.get(kid);
    if (known === undefined || known < expiresAt) world.journal.set(kid, expiresAt);
    return false;
  });
}
