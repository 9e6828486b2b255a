import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import { makeSigningKeys, startVaultBench } from '../../vault/testing/vault-bench.ts';
import { type CustodianHarness, describeCustodian } from '../conformance/describe-custodian.ts';
import { createVaultCustodian } from './custodian.ts';

describeCustodian<'vault'>('of keys in Vault', startHarness, {
  algorithms: SIGNING_ALGORITHMS,
  destroys: false,
  canBeOutOfReach: true,
});

/** Every custodian has a connection of its own, by a token that may do no more than a signer has to. */
async function startHarness(): Promise<CustodianHarness<'vault'>> {
  const bench = await startVaultBench();
  const { server, logger } = bench;
  const keyNames = await makeSigningKeys(server, SIGNING_ALGORITHMS);
  return {
    open: async () => createVaultCustodian({ transit: bench.connect(), keyNames, logger }),
    damage: (privateHalf) => ({ ...privateHalf, keyVersion: 9999 }),
    outage: { begin: async () => server.seal(), end: async () => server.unseal() },
    close: () => bench[Symbol.asyncDispose](),
  };
}
