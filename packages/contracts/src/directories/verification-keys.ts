import type { Clock } from '@tessera/clock';
import { importVerificationKey, type VerificationKey } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { Keys } from '../keys/keys.ts';
import { createWatch } from './watch.ts';

/** The keys that verify this issuer's tokens, in process. */
export interface VerificationKeys {
  /** The key of a `kid`. An unknown one makes the keys be asked for again, at most once in 5 s (N78). */
  find(kid: string): Promise<VerificationKey | undefined>;
  ready(): Promise<void>;
  close(): void;
}

const REFETCH_PAUSE_MS = 5_000;

/** Follows the public keys by a call that the keys service answers when they changed. */
export function createVerificationKeys(options: {
  readonly keys: Pick<Keys, 'getPublicKeys'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): VerificationKeys {
  let lastRefetchMs = Number.NEGATIVE_INFINITY;
  let refetching: Promise<void> | undefined;
  const watch = createWatch<{ version: string; keys: ReadonlyMap<string, VerificationKey> }>({
    what: 'public keys',
    clock: options.clock,
    logger: options.logger,
    pauseMs: () => 0,
    async load(known) {
      const { version, keys } = await options.keys.getPublicKeys(known?.version);
      if (known !== undefined && version === known.version) return known;
      const imported = keys.map((jwk) => importVerificationKey(jwk)).filter((outcome) => outcome.ok);
      return { version, keys: new Map(imported.map(({ key }) => [key.kid, key])) };
    },
  });
  const known = (kid: string): VerificationKey | undefined => watch.current()?.keys.get(kid);
  const refetch = async (): Promise<void> => {
    const nowMs = options.clock.monotonicMs();
    if (nowMs - lastRefetchMs < REFETCH_PAUSE_MS) return;
    lastRefetchMs = nowMs;
    await watch.refresh();
  };
  return {
    async find(kid) {
      if (known(kid) === undefined) {
        // Whoever asks while the keys are on their way waits for them too.
        refetching ??= refetch().finally(() => {
          refetching = undefined;
        });
        await refetching;
      }
      return known(kid);
    },
    ready: () => watch.ready(),
    close: () => watch.close(),
  };
}
