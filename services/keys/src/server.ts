import { type KeysApi, keysBinding } from '@tessera/contracts';
import type { HttpHandler, RouteNameOf } from '@tessera/http';
import { createKeysApi } from './api.ts';
import { createDocumentStore, type DocumentStore } from './encryption/document-store.ts';
import { type KeyEncryptionKey, loadKeyEncryptionKey } from './encryption/key-encryption-key.ts';
import { createHealthHandler } from './endpoints/health.ts';
import { createJwksHandler } from './endpoints/jwks.ts';
import { createMetadataHandler } from './endpoints/metadata.ts';
import { createChangeWatch } from './jwks/change-watch.ts';
import { createPublishedKeys } from './jwks/published-keys.ts';
import type { KeySetStorage, KeysService, KeysServiceOptions } from './ports.ts';
import { createKeyRing, type KeyRing } from './rotation/key-ring.ts';
import { createRotationPolicy, jwksMaxAgeSeconds, type RotationPolicy } from './rotation/policy.ts';
import { startRotationLoop } from './rotation/rotation-loop.ts';
import { configuredAlgorithms, findDefaultKey, listSigningAlgorithms } from './rotation/select-key.ts';
import { type SigningDocument, signingDocumentFromJson, signingDocumentToJson } from './rotation/signing-document.ts';
import { createMasterSecrets, type MasterSecrets } from './secrets/master-secrets.ts';
import { secretsDocumentFromJson, secretsDocumentToJson } from './secrets/secrets-document.ts';
import { generateSigningKeyPair } from './signers/generate-key-pair.ts';
import { createKeyVault } from './signers/key-vault.ts';

/** Name of the document of symmetric keys. */
const SECRETS = 'secrets';

/** Name of the document of signing keys. */
const SIGNING = 'signing';

/** Names of the documents that version 0.1.0 had in its place. */
const EARLIER_SIGNING = ['signing:RS256', 'signing:ES256'] as const;

/**
 * Starts the keys service. Throws `invalid_argument` with the code `keys.wrong_key_encryption_key` when the key-encryption
 * key is missing or malformed. `ready()` waits for storage; it rejects with the same code when the key does not open what
 * is stored there, and then nothing was or will be overwritten.
 */
export async function createKeysService(options: KeysServiceOptions): Promise<KeysService> {
  const { config, clock, logger } = options;
  const policy = createRotationPolicy(config);
  const configured = configuredAlgorithms(config.signer);
  const keyEncryptionKey = await loadKeyEncryptionKey(config.keyEncryption, () => hasStoredKeys(options.storage));
  const ring = openKeyRing(options, policy, keyEncryptionKey);
  const secrets = openSecrets(options, keyEncryptionKey);
  const watch = createChangeWatch(clock);
  const publishedAt = createPublishedKeys(ring.sets, configured);
  const published = (): ReturnType<typeof publishedAt> => publishedAt(clock.now());
  const rules = { issuer: config.issuer, maxLifetimeSeconds: policy.retentionSeconds };
  const api: KeysApi = createKeysApi({ clock, configured, rules, ring, secrets, published, watch });
  const metadata = createMetadataHandler(config, () => {
    const signing = listSigningAlgorithms(ring.sets(), configured, clock.now());
    const former = (published()?.algorithms ?? []).filter((alg) => !configured.includes(alg));
    return signing.length === 0 ? undefined : { signing, former };
  });
  const handlers: Record<RouteNameOf<'keys'>, HttpHandler> = {
    discovery: metadata,
    serverMetadata: metadata,
    jwks: createJwksHandler({
      refreshIfStale: () => ring.ensureFresh().catch(() => undefined),
      published,
      maxAgeSeconds: () => jwksMaxAgeSeconds(policy, ring.ageSeconds()),
    }),
    health: createHealthHandler(
      () =>
        secrets.isLoaded() &&
        ring.ageSeconds() <= policy.staleAfterSeconds &&
        findDefaultKey(ring.sets(), configured, clock.now()) !== undefined,
    ),
  };
  const loop = startRotationLoop({
    clock,
    logger,
    refresh: () => refreshAll(ring, secrets),
    nextRefreshMs: ring.nextRefreshMs,
    onRefreshed: watch.notify,
  });
  return {
    name: 'keys',
    handlers,
    bindings: [keysBinding(api)],
    api,
    ready: () => loop.ready,
    async close() {
      loop.close();
      watch.close();
    },
  };
}

async function hasStoredKeys(storage: KeySetStorage): Promise<boolean> {
  const names = [SECRETS, SIGNING, ...EARLIER_SIGNING];
  const stored = await Promise.all(names.map((name) => storage.getKeySet(name)));
  return stored.some(({ version }) => version > 0);
}

/** Nothing is made before everything that is there has opened, so that no storage ever holds documents of two keys. */
async function refreshAll(ring: KeyRing, secrets: MasterSecrets): Promise<void> {
  if (!secrets.isLoaded()) await secrets.check();
  await ring.refresh();
  await secrets.refresh();
}

function openKeyRing(options: KeysServiceOptions, policy: RotationPolicy, key: KeyEncryptionKey): KeyRing {
  const { config, clock, logger, storage } = options;
  return createKeyRing({
    clock,
    logger,
    policy,
    configured: configuredAlgorithms(config.signer),
    store: openSigningStore(storage, SIGNING, key),
    earlierStores: EARLIER_SIGNING.map((name) => openSigningStore(storage, name, key)),
    vault: createKeyVault(key.wrapping, generateSigningKeyPair),
  });
}

function openSigningStore(storage: KeySetStorage, name: string, key: KeyEncryptionKey): DocumentStore<SigningDocument> {
  return createDocumentStore({
    storage,
    name,
    ring: key.documents,
    toJson: signingDocumentToJson,
    fromJson: signingDocumentFromJson,
  });
}

function openSecrets({ storage, clock }: KeysServiceOptions, key: KeyEncryptionKey): MasterSecrets {
  const store = createDocumentStore({
    storage,
    name: SECRETS,
    ring: key.documents,
    toJson: secretsDocumentToJson,
    fromJson: secretsDocumentFromJson,
  });
  return createMasterSecrets({ store, wrapping: key.wrapping, clock });
}
