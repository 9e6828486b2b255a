import type { Clock } from '@tessera/clock';
import type { FormerSignerConfig, SignerConfig, TesseraConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { KeyEncryptionKey } from '../encryption/key-encryption-key.ts';
import type { OpenTransit } from '../vault/open-transit.ts';
import type { Custodian } from './custodian.ts';
import { type Custodians, type Custody, createCustody } from './custody.ts';
import { createLocalCustodian } from './local/custodian.ts';

/** What custodians are made of. */
export interface OpenCustodiansOptions {
  readonly config: Pick<TesseraConfig, 'signer' | 'formerSigners'>;
  readonly wrapping: KeyEncryptionKey['wrapping'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openTransit: OpenTransit;
}

/**
 * Custody by the configured signer, which makes the new keys, and by those that made keys before. Keys of our own storage are
 * opened always, as there is nothing to configure. Code that speaks to a server or a device is loaded only where it is used.
 */
export async function openCustodians(options: OpenCustodiansOptions): Promise<Custody> {
  const { signer, formerSigners } = options.config;
  const local = openLocal(options);
  const others = [...formerSigners, ...(signer.type === 'local' ? [] : [signer])];
  const [vault, pkcs11] = [others.findLast(isVault), others.findLast(isPkcs11)];
  const custodians: Custodians = {
    local,
    ...(vault !== undefined && { vault: await openVault(vault, options) }),
    ...(pkcs11 !== undefined && { pkcs11: await openPkcs11(pkcs11, options) }),
  };
  return createCustody(custodians[signer.type] ?? local, custodians);
}

type OtherSigner = FormerSignerConfig | Exclude<SignerConfig, { readonly type: 'local' }>;
type VaultSigner = Extract<OtherSigner, { readonly type: 'vault' }>;
type Pkcs11Signer = Extract<OtherSigner, { readonly type: 'pkcs11' }>;

function isVault(signer: OtherSigner): signer is VaultSigner {
  return signer.type === 'vault';
}

function isPkcs11(signer: OtherSigner): signer is Pkcs11Signer {
  return signer.type === 'pkcs11';
}

function openLocal({ config, wrapping, clock }: OpenCustodiansOptions): Custodian<'local'> {
  const { signer } = config;
  if (signer.type !== 'local') return createLocalCustodian(wrapping);
  const { rsaKeyBits, selfSignedCertificates } = signer;
  return createLocalCustodian(wrapping, {
    rsaKeyBits,
    ...(selfSignedCertificates && { selfSignedCertificates: clock }),
  });
}

async function openVault(
  signer: VaultSigner,
  { logger, openTransit }: OpenCustodiansOptions,
): Promise<Custodian<'vault'>> {
  const { createVaultCustodian } = await import('./vault/custodian.ts');
  const transit = await openTransit(signer.vault);
  return createVaultCustodian({ transit, keyNames: 'keyNames' in signer ? signer.keyNames : {}, logger });
}

async function openPkcs11(signer: Pkcs11Signer, { logger }: OpenCustodiansOptions): Promise<Custodian<'pkcs11'>> {
  const { createPkcs11Custodian } = await import('./pkcs11/custodian.ts');
  const made = 'rsaKeyBits' in signer ? signer : { rsaKeyBits: 2048 as const, algorithms: [] };
  const { rsaKeyBits, algorithms } = made;
  return createPkcs11Custodian({ config: signer.pkcs11, rsaKeyBits, algorithms, logger });
}
