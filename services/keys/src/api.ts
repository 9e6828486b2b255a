import { type Clock, epochSeconds } from '@tessera/clock';
import type { KeysApi } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { failed, succeeded } from '@tessera/rpc';
import { currentContext } from '@tessera/telemetry';
import type { ChangeWatch } from './jwks/change-watch.ts';
import type { PublishedKeys } from './jwks/published-keys.ts';
import type { KeyRing } from './rotation/key-ring.ts';
import { type ConfiguredAlgorithms, chooseSigningKey } from './rotation/select-key.ts';
import type { MasterSecrets } from './secrets/master-secrets.ts';
import type { ClaimRules } from './signers/check-claims.ts';
import { type SigningContext, signBundle } from './signers/sign-bundle.ts';

/** What the API is made of. */
export interface KeysApiParts {
  readonly clock: Clock;
  readonly configured: ConfiguredAlgorithms;
  readonly rules: ClaimRules;
  readonly ring: KeyRing;
  readonly secrets: MasterSecrets;
  readonly published: () => PublishedKeys | undefined;
  readonly watch: ChangeWatch;
}

const MAX_WAIT_MS = 20_000;
const ANSWER_TIME_MS = 1000;

/** The contract of the keys service over its parts. */
export function createKeysApi(parts: KeysApiParts): KeysApi {
  const { clock, ring, secrets, published, watch } = parts;
  return {
    async sign(bundles) {
      await ring.ensureFresh();
      const context = signingContext(parts);
      return Promise.all(bundles.map((bundle) => signBundle(bundle, context).then(succeeded, failed)));
    },
    async getPublicKeys(knownVersion) {
      await ring.ensureFresh().catch(() => undefined);
      await watch.wait(() => published()?.version !== knownVersion, waitMs(clock));
      const current = published();
      if (current === undefined) throw unavailable('keys.not_ready', 'there are no keys to publish yet');
      return { version: current.version, keys: current.keys };
    },
    async getSecrets(purpose) {
      return secrets.get(purpose, clock.now());
    },
  };
}

function signingContext({ clock, configured, rules, ring }: KeysApiParts): SigningContext {
  const now = clock.now();
  const sets = ring.sets();
  return {
    rules,
    nowSeconds: epochSeconds(now),
    chooseKey: (algorithm) => chooseSigningKey(sets, configured, algorithm, now),
  };
}

/** Leaves the answer time to travel before the caller gives up. */
function waitMs(clock: Clock): number {
  const deadlineMs = currentContext()?.deadlineMs;
  if (deadlineMs === undefined) return MAX_WAIT_MS;
  return Math.min(MAX_WAIT_MS, deadlineMs - ANSWER_TIME_MS - clock.monotonicMs());
}
