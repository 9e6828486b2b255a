import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import { openKeyEncryptionKey } from '../encryption/key-encryption-key.ts';
import { createJournal } from '../journal/journal.ts';
import type { KeySetStorage } from '../ports.ts';
import { configuredAlgorithms } from '../rotation/key-sets.ts';
import { createRotationPolicy } from '../rotation/policy.ts';
import { emptySigningDocument } from '../rotation/signing-document.ts';
import { openSealedDocuments, sealedDocumentNames } from '../sealed-documents.ts';
import { createSecretsPolicy } from '../secrets/secrets-policy.ts';
import type { Custody } from '../signers/custody.ts';
import { openCustodians } from '../signers/open-custodians.ts';
import { type OpenTransit, openTransitBy } from '../vault/open-transit.ts';
import {
  lookAtKeys,
  lookAtSecrets,
  type OrderedChange,
  type OrderTools,
  orderKeys,
  orderSecrets,
} from './carry-out.ts';
import { type KeyListing, listKeys, listRevoked, listSecrets } from './list-keys.ts';
import type { KeyOrder, OrderPreview } from './order.ts';

/** What an operator can do with keys and master secrets, beside the running services. */
export interface KeyOperations {
  /** Everything there is. Changes nothing. */
  list(): Promise<KeyListing>;
  /**
   * What an order would do, and what would break by it. Changes nothing. Throws `invalid_argument`: `keys.no_such_key`,
   * `keys.no_such_secret`, `keys.unknown_algorithm`, `keys.too_many_keys`; `unavailable` (`keys.not_ready`) before the keys
   * service was ever started.
   */
  preview(order: KeyOrder): Promise<OrderPreview>;
  /**
   * Carries out an order that was looked at, whole or not at all; running replicas learn of it within seconds. Throws as
   * {@link preview}; `conflict` (`keys.order_changed`) when more would break by now than the preview said, or it is of
   * another order; `resource_exhausted` (`keys.no_free_version`). Of operators and replicas that act at once each adds to what
   * the others did. After a crash, or an error of storage, a look says whether it was done.
   */
  carryOut(order: KeyOrder, preview: OrderPreview): Promise<readonly OrderedChange[]>;
  close(): Promise<void>;
}

/** What they are made of. */
export interface KeyOperationsOptions {
  readonly config: TesseraConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly storage: KeySetStorage;
  /** Opens a Transit engine. Default: our own client of Vault. */
  readonly openTransit?: OpenTransit;
}

/**
 * Opens what the keys service stored. No key file is made, and nothing is written but by an order. Throws `invalid_argument`
 * (`keys.wrong_key_encryption_key`) when the key-encryption key is missing, and each call when it does not open what is there.
 */
export async function createKeyOperations(options: KeyOperationsOptions): Promise<KeyOperations> {
  const { config, clock, logger, storage, openTransit = openTransitBy({ clock, logger }) } = options;
  const documentNames = sealedDocumentNames;
  const sealing = { config: config.keyEncryption, storage, documentNames, openTransit, clock, logger, mayMake: false };
  const key = await openKeyEncryptionKey(sealing);
  await key.refresh();
  const { wrapping } = key;
  const documents = openSealedDocuments(storage, key);
  const configured = configuredAlgorithms(config.signer);
  let custody: Promise<Custody> | undefined;
  const tools: OrderTools = {
    clock,
    logger,
    documents,
    wrapping,
    journal: createJournal({ store: documents.journal, clock, logger }),
    keysPolicy: { configured, policy: createRotationPolicy(config) },
    secretsPolicy: createSecretsPolicy(config),
    custody() {
      custody ??= openCustodians({ config, wrapping, clock, logger, openTransit });
      return custody;
    },
  };
  const preview = (order: KeyOrder): Promise<OrderPreview> =>
    isAboutKeys(order) ? lookAtKeys(order, tools) : lookAtSecrets(order, tools);
  return {
    async list() {
      const [signing, secrets, journal] = await Promise.all([
        documents.signing.load(),
        documents.secrets.load(),
        tools.journal.read(),
      ]);
      const { document = emptySigningDocument } = signing;
      const now = clock.now();
      return {
        keys: listKeys(document, configured, journal, now),
        revoked: listRevoked(document, journal),
        secrets: listSecrets(secrets.document ?? { versions: [], revoked: [] }, now),
        keyEncryptionKeys: key.sources(),
        sealedUnder: new Map(
          documents.all.flatMap((store) => {
            const { sealedUnder = [] } = store.lastLoaded() ?? {};
            return sealedUnder.length === 0 ? [] : [[store.name, sealedUnder] as const];
          }),
        ),
      };
    },
    preview,
    async carryOut(order, seen) {
      if (!isDeepStrictEqual(order, seen.order)) throw anotherOrder();
      return isAboutKeys(order) ? orderKeys(order, seen, tools) : orderSecrets(order, seen, tools);
    },
    async close() {
      await (await custody)?.close();
      await key.close();
    },
  };
}

function isAboutKeys(order: KeyOrder): order is Extract<KeyOrder, { readonly type: 'rotate' | 'revoke' }> {
  return order.type === 'rotate' || order.type === 'revoke';
}

function anotherOrder(): TesseraError {
  const message = 'nothing was done, as what was looked at is another order';
  return new TesseraError({ kind: 'conflict', code: 'keys.order_changed', message });
}
