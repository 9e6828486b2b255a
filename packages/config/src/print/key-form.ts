import { formatGoDuration } from '../go-duration.ts';
import type {
  FormerSignerConfig,
  KeyEncryptionConfig,
  KeyEncryptionSource,
  Pkcs11Config,
  SignerConfig,
  VaultConfig,
} from '../key-types.ts';

/** A block of the configuration file. */
type Block = Record<string, unknown>;

/** `signer` with the file's keys. */
export function signerBlock(signer: SignerConfig): Block {
  const { type, keysRotationPeriodSeconds, algorithm, algorithms } = signer;
  const choice = { keysRotationPeriod: formatGoDuration(keysRotationPeriodSeconds), algorithm, algorithms };
  return { type, config: { ...placeKeys(signer), ...choice } };
}

function placeKeys(signer: SignerConfig): Block {
  switch (signer.type) {
    case 'local':
      return { rsaKeySize: signer.rsaKeyBits, selfSignedCertificates: signer.selfSignedCertificates };
    case 'vault':
      return { ...vaultBlock(signer.vault), keyNames: signer.keyNames };
    case 'pkcs11':
      return { ...pkcs11Block(signer.pkcs11), rsaKeySize: signer.rsaKeyBits };
  }
}

/** An entry of `formerSigners` with the file's keys. */
export function formerSignerBlock(former: FormerSignerConfig): Block {
  const { type } = former;
  return { type, config: type === 'vault' ? vaultBlock(former.vault) : pkcs11Block(former.pkcs11) };
}

/**
 * `keyEncryption` with the file's keys, as the only key of a block; an empty block for what is the default of its storage: a
 * key file that is made on first start, and an ephemeral key.
 */
export function keyEncryptionBlock({ alsoOpens = [], ...source }: KeyEncryptionConfig): Block {
  const block = sourceBlock(source);
  if (block === undefined) return {};
  const further = alsoOpens.flatMap((item) => sourceBlock(item) ?? []);
  return { keyEncryption: { ...block, ...(further.length === 0 ? {} : { alsoOpens: further }) } };
}

function sourceBlock(source: KeyEncryptionSource): Block | undefined {
  switch (source.type) {
    case 'value':
      return { value: source.value };
    case 'file':
      return source.createIfMissing ? undefined : { file: source.file };
    case 'vault':
      return { vault: { ...vaultBlock(source.vault), keyName: source.keyName } };
    case 'ephemeral':
      return undefined;
  }
}

function vaultBlock(vault: VaultConfig): Block {
  return { ...vault };
}

function pkcs11Block(pkcs11: Pkcs11Config): Block {
  return { ...pkcs11 };
}
