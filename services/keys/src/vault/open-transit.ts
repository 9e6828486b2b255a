import type { Clock } from '@tessera/clock';
import type { VaultConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { VaultTransit } from './transit.ts';

/** Opens the Transit engine of a Vault server; nothing is asked of it yet. */
export type OpenTransit = (vault: VaultConfig) => Promise<VaultTransit>;

/** Opens the Transit engine by our own client, which is loaded by those alone who use it. */
export function openTransitBy(parts: { readonly clock: Clock; readonly logger: Logger }): OpenTransit {
  return async (vault) => {
    const { createVaultTransit } = await import('./transit-client.ts');
    return createVaultTransit(vault, parts);
  };
}
