import { TesseraError } from '@tessera/errors';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { TransitKey, VaultTransit } from '../../vault/transit.ts';
import { isVaultRefusal, vaultUnavailable } from '../../vault/vault-errors.ts';
import type { Custodian } from '../custodian.ts';
import type { PrivateHalf, VaultHalf } from '../private-half.ts';
import { isGenuineSignature, trialInput } from '../signature-check.ts';
import { signerRefused, toSigningError } from '../signer-errors.ts';
import { TRANSIT_ALGORITHMS } from './transit-algorithms.ts';
import { readTransitPublicKey, type TransitPublicKey } from './transit-public-key.ts';
import { createVersionSigner } from './version-signer.ts';

/** What the custodian is made of. */
export interface VaultCustodianOptions {
  /** Closed together with the custodian. */
  readonly transit: VaultTransit;
  /** The Transit key of each algorithm that keys are made for; keys of any name are opened. */
  readonly keyNames: Readonly<Partial<Record<SigningAlgorithm, string>>>;
  readonly logger: Logger;
}

/**
 * Private keys in the Transit engine of Vault or OpenBao: each version of a Transit key is one signing key. The Transit keys
 * themselves are made by the operator.
 *
 * A new key is the latest version, where it is newer than all that are known, as that of an installation that comes from Dex
 * or one that the operator rotated to; else the Transit key is rotated. Where two replicas rotate at once, both versions are
 * there, and the one that did not come into use is taken at the next time. Nothing is destroyed: Transit removes no single
 * version, and to raise `min_encryption_version` or to trim is up to the operator.
 */
export function createVaultCustodian({ transit, keyNames, logger }: VaultCustodianOptions): Custodian<'vault'> {
  const reading = new Map<string, Promise<TransitKey>>();

  const readKey = async (name: string, alg: SigningAlgorithm): Promise<TransitKey> => {
    const key = await transit.readKey(name);
    if (key !== undefined) return key;
    const type = TRANSIT_ALGORITHMS[alg].keyTypes[0];
    throw signerRefused(`there is no Transit key ${name}; make one of type ${type}, and grant "read" and "sign" on it`);
  };
  /** Many versions are opened at one time, and one description has them all. */
  const readShared = (name: string, alg: SigningAlgorithm): Promise<TransitKey> => {
    const running = reading.get(name) ?? readKey(name, alg).finally(() => reading.delete(name));
    reading.set(name, running);
    return running;
  };

  /** The version that is the next key, and the description that has it. */
  const findNext = async (alg: SigningAlgorithm, name: string, newestKnown: number): Promise<[TransitKey, number]> => {
    const key = await readKey(name, alg);
    // The type comes first: to rotate a key that is of no use would not make it one.
    readTransitPublicKey(key, key.latestVersion, alg);
    if (key.latestVersion > newestKnown) return [key, key.latestVersion];
    const version = await transit.rotateKey(name).catch((error: unknown) => {
      throw isVaultRefusal(error) ? cannotRotate(name, newestKnown, error) : error;
    });
    const rotated = await readKey(name, alg);
    // A standby may describe the key as it was a moment ago.
    if (rotated.latestVersion < version)
      throw vaultUnavailable(`version ${version} of the Transit key ${name} is not visible yet`);
    return [rotated, version];
  };

  const tryOut = async (alg: SigningAlgorithm, half: VaultHalf, { key }: TransitPublicKey): Promise<void> => {
    const { keyName, keyVersion } = half;
    const [signature = ''] = await transit.sign({ keyName, keyVersion, ...TRANSIT_ALGORITHMS[alg].signing }, [
      Buffer.from(trialInput, 'latin1'),
    ]);
    if (isGenuineSignature(alg, key, trialInput, signature)) return;
    throw signerRefused(`what version ${keyVersion} of the Transit key ${keyName} signs is no ${alg} signature by it`);
  };

  return {
    type: 'vault',
    create: (alg, known) =>
      asCustodian(async () => {
        const keyName = keyNames[alg];
        if (keyName === undefined) throw signerRefused(`no Transit key is configured for ${alg}`);
        const [key, keyVersion] = await findNext(alg, keyName, newestOf(known, keyName));
        const made = readTransitPublicKey(key, keyVersion, alg);
        const privateHalf: VaultHalf = { signer: 'vault', keyName, keyVersion };
        await tryOut(alg, privateHalf, made);
        logger.info(
          { kid: made.kid, alg, key_name: keyName, key_version: keyVersion },
          'a key of Vault comes into use',
        );
        return { kid: made.kid, publicJwk: made.publicJwk, privateHalf };
      }),
    open: (alg, kid, half) =>
      asCustodian(async () => {
        const { keyName, keyVersion } = half;
        const opened = readTransitPublicKey(await readShared(keyName, alg), keyVersion, alg);
        if (opened.kid !== kid) {
          throw signerRefused(`version ${keyVersion} of the Transit key ${keyName} is not the key ${kid} any more`);
        }
        return createVersionSigner({ transit, half, alg, publicKey: opened.key, logger });
      }),
    async destroy() {},
    close: () => transit.close(),
  };
}

async function asCustodian<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toCustodianError(error);
  }
}

/** What a failure of Vault means where a key is to be made or opened. */
function toCustodianError(error: unknown): unknown {
  if (!(error instanceof TesseraError)) return error;
  if (error.code === 'keys.vault_refused') return signerRefused(error.message, error);
  return error.code === 'keys.vault_unavailable' ? toSigningError(error) : error;
}

function newestOf(known: readonly PrivateHalf[], keyName: string): number {
  const versions = known.flatMap((half) =>
    half.signer === 'vault' && half.keyName === keyName ? half.keyVersion : [],
  );
  return Math.max(0, ...versions);
}

function cannotRotate(name: string, version: number, error: unknown) {
  const reason = error instanceof Error ? error.message : '';
  return signerRefused(
    `the Transit key ${name} has no version after ${version}, which goes on signing, and cannot be rotated from here: ${reason}; grant that, or rotate it in Vault`,
    error,
  );
}
