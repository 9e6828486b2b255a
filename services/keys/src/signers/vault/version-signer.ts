import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';
import { createBatcher, succeeded } from '@tessera/rpc';
import type { Logger } from '@tessera/telemetry';
import type { VaultTransit } from '../../vault/transit.ts';
import { isVaultRefusal, vaultUnavailable } from '../../vault/vault-errors.ts';
import type { Signer } from '../custodian.ts';
import type { VaultHalf } from '../private-half.ts';
import { isGenuineSignature } from '../signature-check.ts';
import { toSigningError } from '../signer-errors.ts';
import { TRANSIT_ALGORITHMS } from './transit-algorithms.ts';

/** Signatures of one request, which Vault makes one after the other. */
const MAX_ITEMS = 32;
/** Requests for one key at one time, which Vault carries out beside one another. */
const MAX_IN_FLIGHT = 8;

/** What signs by one version of a key. */
export interface VersionSignerOptions {
  readonly transit: Pick<VaultTransit, 'sign'>;
  readonly half: Pick<VaultHalf, 'keyName' | 'keyVersion'>;
  readonly alg: SigningAlgorithm;
  readonly publicKey: KeyObject;
  readonly logger: Logger;
}

/**
 * Signs by one version of a key. The calls of one turn of the event loop travel in one request. One signature of each answer
 * is verified, so a key that was exchanged behind its name, or a signature of another kind, is found with the first answer
 * and leaves this process no more. Trouble is logged when it begins.
 */
export function createVersionSigner({ transit, half, alg, publicKey, logger }: VersionSignerOptions): Signer {
  const { keyName, keyVersion } = half;
  const how = { keyName, keyVersion, ...TRANSIT_ALGORITHMS[alg].signing };
  let answers = 0;
  let isFailing = false;

  const sign = async (inputs: readonly string[]): Promise<readonly string[]> => {
    const signatures = await transit.sign(
      how,
      inputs.map((input) => Buffer.from(input, 'latin1')),
    );
    const checked = answers % inputs.length;
    answers += 1;
    if (isGenuineSignature(alg, publicKey, inputs[checked] ?? '', signatures[checked] ?? '')) return signatures;
    throw vaultUnavailable(
      `a signature of version ${keyVersion} of the Transit key ${keyName} is not by the key that is published`,
    );
  };

  return createBatcher<string, string>({
    name: 'keys.vaultSign',
    maxItems: MAX_ITEMS,
    maxInFlight: MAX_IN_FLIGHT,
    async send(inputs) {
      try {
        const signatures = await sign(inputs);
        isFailing = false;
        return signatures.map(succeeded);
      } catch (error) {
        const fields = { err: error, key_name: keyName, key_version: keyVersion, alg };
        if (!isFailing) logger[isVaultRefusal(error) ? 'error' : 'warn'](fields, 'Vault does not sign');
        isFailing = true;
        throw toSigningError(error);
      }
    },
  });
}
