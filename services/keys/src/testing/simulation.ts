import type { Clock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { createDocumentStore } from '../encryption/document-store.ts';
import type { KeySetStorage } from '../ports.ts';
import { createKeyRing, type KeyRing } from '../rotation/key-ring.ts';
import { jwksMaxAgeSeconds, type RotationPolicy } from '../rotation/policy.ts';
import { type ConfiguredAlgorithms, chooseSigningKey, listPublishedKeys } from '../rotation/select-key.ts';
import { signingDocumentFromJson, signingDocumentToJson } from '../rotation/signing-document.ts';
import { generateSigningKeyPair } from '../signers/generate-key-pair.ts';
import { createKeyVault } from '../signers/key-vault.ts';
import type { SigningKey } from '../signers/signing-key.ts';
import { createFakeKeySetStorage, type FakeKeySetStorage } from './fake-key-set-storage.ts';
import { createKeyEncryptionRing } from './key-encryption-ring.ts';

/** What is simulated. */
export interface SimulationOptions {
  readonly seed: number;
  readonly days: number;
  readonly policy: RotationPolicy;
  readonly lifetimeSeconds: number;
  /** Verifiers keep a JWKS so long, whatever its max-age says. */
  readonly keepsSeconds?: number;
  /** Every token is signed with one of them. Default ES256 alone. */
  readonly algorithms?: ConfiguredAlgorithms;
  /** Other algorithms that replicas are started anew with, one by one within an hour from the given day on. */
  readonly change?: { readonly atDay: number; readonly algorithms: ConfiguredAlgorithms };
}

/** What came of it. */
export interface SimulationResult {
  readonly verified: number;
  readonly unverifiable: number;
  /** Times a replica did not sign because it could not be sure, or because the algorithm's first key did not sign yet. */
  readonly refused: number;
  readonly keysSeen: number;
  /** Tokens signed with each algorithm. */
  readonly signed: Readonly<Record<string, number>>;
}

interface Replica {
  ring: KeyRing;
  configured: ConfiguredAlgorithms;
  /** When it is started anew with other algorithms. */
  changeAt: number;
  readonly clock: Clock;
  refreshAt: number;
  /** Suspended: it does nothing until then. */
  asleepUntil: number;
  /** Its way to storage is cut until then. */
  cutUntil: number;
}

interface Verifier {
  kids: ReadonlySet<string>;
  keepsUntil: number;
}

const STEP_SECONDS = 10;
const SKEWS_SECONDS = [0, 30, -30];
const VERIFIERS = 4;
const startMs = Date.UTC(2026, 0, 1);

/**
 * Runs three replicas over one storage, with clocks 30 s ahead and behind, that now and then are suspended or cut off from
 * storage; and verifiers that keep each JWKS they fetched, from any replica, for its whole max-age and never fetch earlier.
 * A replica that is not healthy gets no requests. Every token is verified at once, at some moment of its life and at its very end.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const world = createWorld(options);
  const due = new Map<number, string[]>();
  const kidsSeen = new Set<string>();
  const counts = { verified: 0, unverifiable: 0, refused: 0 };
  const signed: Record<string, number> = {};
  const steps = (options.days * 86_400) / STEP_SECONDS;
  const lifeSteps = Math.floor(options.lifetimeSeconds / STEP_SECONDS);
  for (let step = 0; step < steps; step += 1) {
    world.nowSeconds = step * STEP_SECONDS;
    for (const replica of world.replicas) await live(world, replica);
    const key = await signSomewhere(world);
    if (key === undefined) counts.refused += 1;
    else {
      const { kid, alg } = key;
      kidsSeen.add(kid);
      signed[alg] = (signed[alg] ?? 0) + 1;
      for (const later of [0, Math.floor(world.random() * lifeSteps), lifeSteps - 1]) {
        due.set(step + later, [...(due.get(step + later) ?? []), kid]);
      }
    }
    for (const token of due.get(step) ?? []) {
      const result = await verifySomewhere(world, token);
      if (result !== undefined) counts[result] += 1;
    }
    due.delete(step);
  }
  return { ...counts, keysSeen: kidsSeen.size, signed };
}

interface World {
  nowSeconds: number;
  readonly options: SimulationOptions;
  readonly random: () => number;
  readonly storage: FakeKeySetStorage;
  readonly replicas: readonly Replica[];
  readonly verifiers: readonly Verifier[];
}

function createWorld(options: SimulationOptions): World {
  const replicas: Replica[] = [];
  const verifiers = Array.from({ length: VERIFIERS }, () => ({ kids: new Set<string>(), keepsUntil: 0 }));
  const storage = createFakeKeySetStorage();
  const random = createRandom(options.seed);
  const world: World = { nowSeconds: 0, options, random, storage, replicas, verifiers };
  const configured = options.algorithms ?? ['ES256'];
  for (const skewSeconds of SKEWS_SECONDS) {
    const clock: Clock = {
      now: () => new Date(startMs + (world.nowSeconds + skewSeconds) * 1000),
      monotonicMs: () => world.nowSeconds * 1000,
      schedule: () => ({ cancel: () => undefined }),
    };
    const changeAt =
      options.change === undefined ? Number.POSITIVE_INFINITY : options.change.atDay * 86_400 + random() * 3600;
    const states = { changeAt, refreshAt: 0, asleepUntil: 0, cutUntil: 0 };
    const replica: Replica = {
      ...states,
      configured,
      clock,
      ring: createRing(world, clock, configured, () => replica),
    };
    replicas.push(replica);
  }
  return world;
}

function createRing(world: World, clock: Clock, configured: ConfiguredAlgorithms, self: () => Replica): KeyRing {
  const wrapping = createKeyEncryptionRing();
  const reach = (): FakeKeySetStorage => {
    if (world.nowSeconds < self().cutUntil) throw new Error('cut off');
    return world.storage;
  };
  const storage: KeySetStorage = {
    getKeySet: async (name) => reach().getKeySet(name),
    compareAndSetKeySet: async (...write) => reach().compareAndSetKeySet(...write),
  };
  const store = createDocumentStore({
    storage,
    name: 'signing',
    ring: wrapping,
    toJson: signingDocumentToJson,
    fromJson: signingDocumentFromJson,
  });
  return createKeyRing({
    clock,
    logger: silentLogger,
    policy: world.options.policy,
    configured,
    store,
    earlierStores: [],
    vault: createKeyVault(wrapping, generateSigningKeyPair),
  });
}

/** One step of a replica: trouble may begin, and its timer may fire. A suspended one's timer fires some time after it wakes. */
async function live(world: World, replica: Replica): Promise<void> {
  const { random, nowSeconds } = world;
  if (nowSeconds > 60 && random() < 0.0005) {
    replica.asleepUntil = nowSeconds + random() * 14_400;
    replica.refreshAt = replica.asleepUntil + random() * 60;
  }
  if (nowSeconds > 60 && random() < 0.0005) replica.cutUntil = nowSeconds + random() * 7200;
  if (nowSeconds < replica.asleepUntil) return;
  if (nowSeconds >= replica.changeAt) restart(world, replica);
  if (nowSeconds < replica.refreshAt) return;
  const isDone = await replica.ring.refresh().then(
    () => true,
    () => false,
  );
  replica.refreshAt = nowSeconds + (isDone ? replica.ring.nextRefreshMs() / 1000 : 5);
}

function restart(world: World, replica: Replica): void {
  replica.changeAt = Number.POSITIVE_INFINITY;
  replica.configured = world.options.change?.algorithms ?? replica.configured;
  replica.ring = createRing(world, replica.clock, replica.configured, () => replica);
  replica.refreshAt = world.nowSeconds;
}

function pickAwake(world: World): Replica | undefined {
  const awake = world.replicas.filter((replica) => world.nowSeconds >= replica.asleepUntil);
  return awake[Math.floor(world.random() * awake.length)];
}

/** The key of a token signed by some replica with one of its algorithms; undefined when it refuses. */
async function signSomewhere(world: World): Promise<Pick<SigningKey, 'kid' | 'alg'> | undefined> {
  const replica = pickAwake(world);
  if (replica === undefined) return undefined;
  try {
    await replica.ring.ensureFresh();
  } catch {
    return undefined;
  }
  const { configured, ring, clock } = replica;
  const position = configured.length === 1 ? 0 : Math.floor(world.random() * configured.length);
  const asked = position === 0 ? undefined : configured[position];
  const choice = chooseSigningKey(ring.sets(), configured, asked, clock.now());
  if (choice.outcome === 'not_yet' && asked !== undefined) return undefined;
  if (choice.outcome !== 'found' || choice.key.sign === undefined) {
    throw new Error('a fresh replica has no key to sign with');
  }
  return choice.key;
}

/** Undefined when the verifier has no JWKS it may still use and no healthy replica to fetch one from. */
async function verifySomewhere(world: World, kid: string): Promise<'verified' | 'unverifiable' | undefined> {
  const verifier = world.verifiers[Math.floor(world.random() * VERIFIERS)];
  if (verifier === undefined) return undefined;
  if (world.nowSeconds >= verifier.keepsUntil) {
    const replica = pickAwake(world);
    // The health check takes a replica that cannot refresh out of the gateway's rotation.
    if (replica === undefined || !(await isHealthy(replica))) return undefined;
    const published = listPublishedKeys(replica.ring.sets(), replica.configured, replica.clock.now());
    const maxAge = jwksMaxAgeSeconds(world.options.policy, replica.ring.ageSeconds());
    verifier.kids = new Set(published.map((key) => key.kid));
    verifier.keepsUntil = world.nowSeconds + (world.options.keepsSeconds ?? maxAge);
  }
  return verifier.kids.has(kid) ? 'verified' : 'unverifiable';
}

function isHealthy(replica: Replica): Promise<boolean> {
  return replica.ring.ensureFresh().then(
    () => true,
    () => false,
  );
}

/** Numbers from 0 to 1 that a seed decides (a linear congruential generator). */
function createRandom(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 11n) / 2 ** 53;
  };
}
