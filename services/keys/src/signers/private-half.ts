import type { SealedKey } from '../encryption/envelope.ts';
import { readMembers, readText, unknownFormat } from '../encryption/json-reading.ts';
import { readSealedKey } from '../encryption/sealed-key-json.ts';

/** What is stored of a private key, by who keeps it. */
export type PrivateHalf = LocalHalf | VaultHalf | Pkcs11Half;

/** The private half that one kind of custodian keeps. */
export type PrivateHalfOf<T extends PrivateHalf['signer']> = Extract<PrivateHalf, { readonly signer: T }>;

/** The private key itself (PKCS#8 DER), sealed. */
export interface LocalHalf extends SealedKey {
  readonly signer: 'local';
}

/** A version of a key of Vault's Transit engine. */
export interface VaultHalf {
  readonly signer: 'vault';
  readonly keyName: string;
  readonly keyVersion: number;
}

/** A private key object of a PKCS#11 token. */
export interface Pkcs11Half {
  readonly signer: 'pkcs11';
  /** Its `CKA_ID`, in hexadecimal. */
  readonly id: string;
}

/** A private half as it stands in a document. Throws `keys.unknown_document_format`. */
export function readPrivateHalf(value: unknown): PrivateHalf {
  const members = readMembers(value, 'private key');
  switch (members['signer']) {
    // Documents of version 0.1.0 know no other signer and do not name it.
    case undefined:
    case 'local':
      return { signer: 'local', ...readSealedKey(value) };
    case 'vault': {
      const { keyVersion } = members;
      if (typeof keyVersion !== 'number' || !Number.isInteger(keyVersion) || keyVersion < 1) {
        throw unknownFormat('keyVersion');
      }
      return { signer: 'vault', keyName: readText(members['keyName'], 'keyName'), keyVersion };
    }
    case 'pkcs11':
      return { signer: 'pkcs11', id: readText(members['id'], 'id') };
    default:
      throw unknownFormat('signer');
  }
}
