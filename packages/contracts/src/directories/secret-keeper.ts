import type { Clock } from '@tessera/clock';
import { createSecretRing, type SecretRing } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { Keys, SecretPurpose } from '../keys/keys.ts';
import { createWatch } from './watch.ts';

/** The symmetric keys of one purpose, in process. */
export interface SecretKeeper {
  /** Throws TesseraError `unavailable` until the first load. */
  ring(): SecretRing;
  ready(): Promise<void>;
  close(): void;
}

/** Follows the symmetric keys of a purpose, asked for again when the keys service says. */
export function createSecretKeeper(options: {
  readonly keys: Pick<Keys, 'getSecrets'>;
  readonly purpose: SecretPurpose;
  readonly clock: Clock;
  readonly logger: Logger;
}): SecretKeeper {
  const watch = createWatch({
    what: `secrets of ${options.purpose}`,
    clock: options.clock,
    logger: options.logger,
    pauseMs: ({ refreshAt }) => refreshAt.getTime() - options.clock.now().getTime(),
    async load() {
      const { versions, currentVersion, refreshAt } = await options.keys.getSecrets(options.purpose);
      return {
        ring: createSecretRing(new Map(versions.map(({ version, key }) => [version, key])), currentVersion),
        refreshAt,
      };
    },
  });
  return {
    ring() {
      const current = watch.current();
      if (current === undefined)
        throw unavailable('keys.not_loaded', `secrets of ${options.purpose} are not loaded yet`);
      return current.ring;
    },
    ready: () => watch.ready(),
    close: () => watch.close(),
  };
}
