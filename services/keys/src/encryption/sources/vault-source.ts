import type { Clock } from '@tessera/clock';
import type { VaultConfig } from '@tessera/config';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { KeySetStorage } from '../../ports.ts';
import type { VaultTransit } from '../../vault/transit.ts';
import type { KeySource, SourceRole } from './key-source.ts';
import { createWrappedRoots, type HeldRoot } from './wrapped-roots.ts';

/** What a Vault source is made of. */
export interface VaultSourceOptions {
  readonly vault: VaultConfig;
  /** The Transit key that wraps; it has to be a symmetric one. */
  readonly keyName: string;
  readonly role: SourceRole;
  readonly transit: VaultTransit;
  readonly storage: KeySetStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Proofs of the stored keys that any source has opened. */
  readonly opened: Set<string>;
  /** Asked before a key is made: throws unless everything stored opens by the keys at hand. Undefined: none is made. */
  readonly assertMayMake: (() => Promise<void>) | undefined;
}

const RETRY_MS = 10_000;
const CHECK_MS = 3_600_000;

/**
 * A key of 32 random bytes that stands in storage, wrapped by a key of the Transit engine. It is unwrapped once, and what the
 * Vault server does afterwards matters at the next start only. The source that seals makes it on first start, once for any
 * number of replicas, and has it wrapped anew within an hour when the Transit key got a new version.
 */
export function createVaultSource(options: VaultSourceOptions): KeySource {
  const { vault, keyName, role, transit, clock, logger } = options;
  const text = [vault.namespace, vault.mount, keyName].filter((part) => part !== undefined).join('/');
  const roots = createWrappedRoots({ ...options, name: text });
  let held: HeldRoot | undefined;
  let failure: { readonly error: TesseraError; readonly retryAtMs: number } | undefined;
  let checkAtMs = 0;

  const obtain = async (): Promise<HeldRoot> => {
    // A former Vault that is away must not hold up every refresh.
    if (role === 'opens' && failure !== undefined && clock.monotonicMs() < failure.retryAtMs) throw failure.error;
    try {
      return await roots.obtain();
    } catch (thrown) {
      const error = TesseraError.from(thrown);
      failure = error.kind === 'unavailable' ? { error, retryAtMs: clock.monotonicMs() + RETRY_MS } : undefined;
      throw error;
    }
  };

  return {
    role,
    text: `Vault ${text}`,
    isLocal: false,
    keys: () => (held === undefined ? [] : [held.root]),
    async refresh() {
      held ??= await obtain();
      if (role === 'opens' || options.assertMayMake === undefined || clock.monotonicMs() < checkAtMs) return;
      checkAtMs = clock.monotonicMs() + CHECK_MS;
      try {
        held = await roots.keepLatest(held);
      } catch (error) {
        logger.warn(
          { err: error, transit_key: text },
          'the key-encryption key could not be wrapped anew; it stays usable',
        );
      }
    },
    close: () => transit.close(),
  };
}
