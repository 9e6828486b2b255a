import { type Clock, epochSeconds } from '@tessera/clock';
import type { KeysApi, TokenBundle } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { failed, succeeded } from '@tessera/rpc';
import { currentContext } from '@tessera/telemetry';
import type { Journal } from './journal/journal.ts';
import type { ChangeWatch } from './jwks/change-watch.ts';
import type { PublishedKeys } from './jwks/published-keys.ts';
import type { KeyMetrics } from './metrics.ts';
import type { KeyRing } from './rotation/key-ring.ts';
import type { ConfiguredAlgorithms } from './rotation/key-sets.ts';
import { chooseSigningKey, type SigningKeyChoice } from './rotation/select-key.ts';
import type { MasterSecrets } from './secrets/master-secrets.ts';
import type { ClaimRules } from './signers/check-claims.ts';
import type { Signer } from './signers/custodian.ts';
import { type SigningContext, signBundle } from './signers/sign-bundle.ts';
import type { SigningKey } from './signers/signing-key.ts';

/** What the API is made of. */
export interface KeysApiParts {
  readonly clock: Clock;
  readonly configured: ConfiguredAlgorithms;
  readonly rules: ClaimRules;
  readonly ring: KeyRing;
  readonly secrets: MasterSecrets;
  readonly journal: Pick<Journal, 'note'>;
  readonly metrics: KeyMetrics;
  readonly published: () => PublishedKeys | undefined;
  readonly watch: ChangeWatch;
}

const MAX_WAIT_MS = 20_000;
const ANSWER_TIME_MS = 1000;

/** The contract of the keys service over its parts. */
export function createKeysApi(parts: KeysApiParts): KeysApi {
  const { clock, ring, secrets, metrics, published, watch } = parts;
  return {
    async sign(bundles) {
      await ring.ensureFresh();
      const now = clock.now();
      const context = signingContext(parts, now);
      metrics.pending(bundles.length);
      try {
        const outcomes = await Promise.all(
          bundles.map((bundle) => signBundle(bundle, context).then(succeeded, failed)),
        );
        const signed = bundles.filter((_, position) => outcomes[position]?.ok === true);
        noteSignatures(parts, signed, context, now);
        return outcomes;
      } finally {
        metrics.pending(-bundles.length);
      }
    },
    async getPublicKeys(knownVersion) {
      await ring.ensureFresh().catch(() => undefined);
      await watch.wait(() => published()?.version !== knownVersion, waitMs(clock));
      const current = published();
      if (current === undefined) throw unavailable('keys.not_ready', 'there are no keys to publish yet');
      return { version: current.version, keys: current.keys };
    },
    async getSecrets(purpose) {
      await secrets.ensureFresh();
      return secrets.get(purpose, clock.now());
    },
  };
}

/** One moment and one state of the keys for all bundles of a call; each algorithm's key is looked for once. */
function signingContext({ clock, configured, rules, ring, metrics }: KeysApiParts, now: Date): SigningContext {
  const sets = ring.sets();
  const choices = new Map<string | undefined, SigningKeyChoice<SigningKey>>();
  return {
    rules,
    nowSeconds: epochSeconds(now),
    chooseKey(algorithm) {
      const known = choices.get(algorithm);
      if (known !== undefined) return known;
      const choice = measured(chooseSigningKey(sets, configured, algorithm, now), clock, metrics);
      choices.set(algorithm, choice);
      return choice;
    },
  };
}

/** Takes the time of the first signature with a key, and of no other. */
function measured(
  choice: SigningKeyChoice<SigningKey>,
  clock: Clock,
  metrics: KeyMetrics,
): SigningKeyChoice<SigningKey> {
  if (choice.outcome !== 'found' || choice.key.sign === undefined) return choice;
  const { key } = choice;
  const { sign, alg } = choice.key as SigningKey & { readonly sign: Signer };
  let isTaken = false;
  const timed: Signer = (input) => {
    if (isTaken) return sign(input);
    isTaken = true;
    const startedMs = clock.monotonicMs();
    const signature = sign(input);
    // A failure is its caller's to deal with.
    void signature.then(
      () => metrics.took(alg, (clock.monotonicMs() - startedMs) / 1000),
      () => undefined,
    );
    return signature;
  };
  return { outcome: 'found', key: { ...key, sign: timed } };
}

function noteSignatures(
  { journal, metrics }: KeysApiParts,
  bundles: readonly TokenBundle[],
  { chooseKey }: SigningContext,
  at: Date,
): void {
  const counts = new Map<string, number>();
  for (const { type, claims, algorithm } of bundles.flat()) {
    const choice = chooseKey(algorithm);
    if (choice.outcome !== 'found') continue;
    const { kid, alg } = choice.key;
    const { exp } = claims as { readonly exp?: unknown };
    journal.note({ kid, type, at, ...(typeof exp === 'number' && { expiresAtSeconds: exp }) });
    counts.set(alg, (counts.get(alg) ?? 0) + 1);
  }
  for (const [alg, count] of counts) metrics.signed(alg, count);
}

/** Leaves the answer time to travel before the caller gives up. */
function waitMs(clock: Clock): number {
  const deadlineMs = currentContext()?.deadlineMs;
  if (deadlineMs === undefined) return MAX_WAIT_MS;
  return Math.min(MAX_WAIT_MS, deadlineMs - ANSWER_TIME_MS - clock.monotonicMs());
}
