import { createDocumentStore, type DataKeys, type DocumentStore } from './encryption/document-store.ts';
import type { KeyEncryptionKey } from './encryption/key-encryption-key.ts';
import { MASTER_SECRET_PURPOSE, SIGNING_KEY_PURPOSE } from './encryption/key-purposes.ts';
import { type JournalDocument, journalFromJson, journalToJson } from './journal/journal-document.ts';
import type { KeySetStorage } from './ports.ts';
import { type SigningDocument, signingDocumentFromJson, signingDocumentToJson } from './rotation/signing-document.ts';
import { type SecretsDocument, secretsDocumentFromJson, secretsDocumentToJson } from './secrets/secrets-document.ts';
import type { PrivateHalf } from './signers/private-half.ts';

/** Name of the document of what was signed. */
const JOURNAL = 'journal';

/** Name of the document of symmetric keys. */
const SECRETS = 'secrets';

/** Name of the document of signing keys. */
const SIGNING = 'signing';

/** Names of the documents that version 0.1.0 had in its place. */
const EARLIER_SIGNING = ['signing:RS256', 'signing:ES256'] as const;

/** Names of all documents that are sealed under the key-encryption key. */
export const sealedDocumentNames: readonly string[] = [SECRETS, SIGNING, ...EARLIER_SIGNING, JOURNAL];

/** Everything that the keys service stores, sealed. */
export interface SealedDocuments {
  readonly secrets: DocumentStore<SecretsDocument>;
  readonly signing: DocumentStore<SigningDocument>;
  /** Read while there is no `signing`, and sealed anew, but never changed. */
  readonly earlierSigning: readonly DocumentStore<SigningDocument>[];
  readonly journal: DocumentStore<JournalDocument>;
  readonly all: readonly DocumentStore<unknown>[];
}

/** Opens the stores of all documents; nothing is read yet. */
export function openSealedDocuments(storage: KeySetStorage, key: KeyEncryptionKey): SealedDocuments {
  const { wrapping, documents: ring } = key;
  const openSigning = (name: string): DocumentStore<SigningDocument> =>
    createDocumentStore({
      storage,
      name,
      ring,
      toJson: signingDocumentToJson,
      fromJson: signingDocumentFromJson,
      dataKeys: { wrapping, map: mapSigningKeys },
    });
  const secrets = createDocumentStore({
    storage,
    name: SECRETS,
    ring,
    toJson: secretsDocumentToJson,
    fromJson: secretsDocumentFromJson,
    dataKeys: { wrapping, map: mapSecrets },
  });
  const signing = openSigning(SIGNING);
  const earlierSigning = EARLIER_SIGNING.map(openSigning);
  const journal = createDocumentStore({
    storage,
    name: JOURNAL,
    ring,
    toJson: journalToJson,
    fromJson: journalFromJson,
  });
  return { secrets, signing, earlierSigning, journal, all: [secrets, signing, ...earlierSigning, journal] };
}

const mapSigningKeys: DataKeys<SigningDocument>['map'] = (document, change) => {
  const mapKey = <K extends { readonly kid: string; readonly privateKey?: PrivateHalf }>(key: K): K => {
    const { kid, privateKey } = key;
    if (privateKey?.signer !== 'local') return key;
    return {
      ...key,
      privateKey: { ...privateKey, ...change(privateKey, { purpose: SIGNING_KEY_PURPOSE, name: kid }) },
    };
  };
  return { ...document, keys: document.keys.map(mapKey), discarded: document.discarded.map(mapKey) };
};

const mapSecrets: DataKeys<SecretsDocument>['map'] = (document, change) => ({
  ...document,
  versions: document.versions.map((one) => ({
    ...one,
    secret: change(one.secret, { purpose: MASTER_SECRET_PURPOSE, name: String(one.version) }),
  })),
});
