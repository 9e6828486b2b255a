import { systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { createKeyOperations, describeSealing, type KeyOperations, resealNow } from '@tessera/keys';
import { processLogger } from '../../process/process-logger.ts';
import type { KeyAuthority } from './key-authority.ts';
import { withKeyStorage } from './key-storage.ts';

/**
 * Runs `work` on the keys of the configured storage, and closes what was opened for it. Throws what {@link withKeyStorage}
 * throws; what is asked for throws `keys.wrong_key_encryption_key` when the key-encryption key does not open what is stored.
 */
export function withKeyAuthority<T>(config: TesseraConfig, work: (authority: KeyAuthority) => Promise<T>): Promise<T> {
  return withKeyStorage(config, async (storage) => {
    const options = { config, clock: systemClock, logger: processLogger(config, 'keys'), storage };
    // Opened when it is needed first: what does not open can be described all the same.
    let opened: Promise<KeyOperations> | undefined;
    const operations = (): Promise<KeyOperations> => {
      opened ??= createKeyOperations(options);
      return opened;
    };
    try {
      return await work({
        list: async () => (await operations()).list(),
        preview: async (order) => (await operations()).preview(order),
        carryOut: async (order, preview) => (await operations()).carryOut(order, preview),
        describeSealing: () => describeSealing(options),
        reseal: async () => (await resealNow(options)).resealed,
      });
    } finally {
      // Where it could not be opened, that was told already.
      await (await opened?.catch(() => undefined))?.close();
    }
  });
}
