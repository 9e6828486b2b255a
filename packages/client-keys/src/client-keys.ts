import type { Clock } from '@tessera/clock';
import type { EgressClient } from '@tessera/egress';
import { type Client, isSigningAlgorithm, type JwsHeader, type VerificationKey } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import { createFetchedKeySets } from './fetched-key-sets.ts';
import { type KeySet, parseKeySet, selectKeys } from './key-set.ts';

/** The public keys of clients, and of whoever else publishes a JWK Set. */
export interface ClientKeys {
  /**
   * The keys of a key holder that fit a header: by `kid`, or all of the algorithm where the header names none. Keys of a
   * `jwksUri` are fetched when first needed and kept for a bounded time; an unknown `kid` leads to a new fetch, at most one
   * a minute for each address.
   *
   * @throws TesseraError `unavailable` when they cannot be fetched and none are kept.
   */
  find(holder: KeyHolder, header: JwsHeader): Promise<readonly VerificationKey[]>;
  /** Forgets what was fetched. The way out is closed by whoever made it. */
  close(): void;
}

/** Who has keys. With both, `jwks` counts. */
export type KeyHolder = Pick<Client['settings'], 'jwks' | 'jwksUri'>;

/** What client keys are made of. */
export interface ClientKeysOptions {
  /** The way out; its policy says which addresses may be asked. */
  readonly egress: EgressClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age at which a fetched set is fetched anew. Default 600 (10 minutes). */
  readonly maxAgeSeconds?: number;
  /** Fetched sets that are kept. Default 1000. */
  readonly maxSets?: number;
}

const MAX_AGE_SECONDS = 600;
const MAX_SETS = 1000;

/**
 * Client keys over the given way out. A fetched set has at most 100 keys and 64 KiB; one that cannot be renewed goes on being
 * used for a day. `use` other than `sig`, private, symmetric and weak keys are left out (RFC 7517 §4, N77).
 */
export function createClientKeys(options: ClientKeysOptions): ClientKeys {
  const { maxAgeSeconds = MAX_AGE_SECONDS, maxSets = MAX_SETS } = options;
  const fetched = createFetchedKeySets({ ...options, maxAgeSeconds, maxSets });
  // By the document itself, which lives as long as the client's record does.
  let inline = new WeakMap<object, KeySet>();
  const parseInline = (jwks: object): KeySet => {
    const known = inline.get(jwks) ?? parseKeySet(jwks) ?? [];
    inline.set(jwks, known);
    return known;
  };
  return {
    async find({ jwks, jwksUri }, header) {
      // Nobody is asked for keys that no answer could fit.
      if (!isSigningAlgorithm(header.alg)) return [];
      if (jwks !== undefined) return selectKeys(parseInline(jwks), header);
      if (jwksUri === undefined) return [];
      const found = selectKeys(await fetched.get(jwksUri), header);
      if (found.length > 0) return found;
      return selectKeys((await fetched.getNewer(jwksUri)) ?? [], header);
    },
    close() {
      fetched.clear();
      inline = new WeakMap();
    },
  };
}
