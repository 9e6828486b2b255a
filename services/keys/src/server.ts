import { type KeysApi, keysBinding } from '@tessera/contracts';
import type { HttpHandler, RouteNameOf } from '@tessera/http';
import type { SigningAlgorithm } from '@tessera/oauth';
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
import { findDefaultKey } from './rotation/select-key.ts';
import { type SigningDocument, signingDocumentFromJson, signingDocumentToJson } from './rotation/signing-document.ts';
import { createMasterSecrets, type MasterSecrets } from './secrets/master-secrets.ts';
import { secretsDocumentFromJson, secretsDocumentToJson } from './secrets/secrets-document.ts';
import { generateSigningKeyPair } from './signers/generate-key-pair.ts';
import { createKeyVault } from './signers/key-vault.ts';

/** Name of the document of symmetric keys. */
const SECRETS = 'secrets';

/** Algorithms that can be configured: their sets are read always, so that tokens outlive a change from one to another. */
const CONFIGURABLE_ALGORITHMS = ['RS256', 'ES256'] as const satisfies readonly SigningAlgorithm[];

/**
 * Starts the keys service. Throws `invalid_argument` with the code `keys.wrong_key_encryption_key` when the key-encryption
 * key is missing or malformed. `ready()` waits for storage; it rejects with the same code when the key does not open what
 * is stored there, and then nothing was or will be overwritten.
 */
export async function createKeysService(options: KeysServiceOptions): Promise<KeysService> {
  const { config, clock, logger } = options;
  const policy = createRotationPolicy(config);
  const configured = config.signer.algorithm;
  const keyEncryptionKey = await loadKeyEncryptionKey(config.keyEncryption, () => hasStoredKeys(options.storage));
  const ring = openKeyRing(options, policy, keyEncryptionKey);
  const secrets = openSecrets(options, keyEncryptionKey);
  const watch = createChangeWatch(clock);
  const publishedAt = createPublishedKeys(ring.sets, configured);
  const published = (): ReturnType<typeof publishedAt> => publishedAt(clock.now());
  const rules = { issuer: config.issuer, maxLifetimeSeconds: policy.retentionSeconds };
  const api: KeysApi = createKeysApi({ clock, configured, rules, ring, secrets, published, watch });
  const metadata = createMetadataHandler(config, () => published()?.algorithms);
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

/** Nothing is made before everything that is there has opened, so that no storage ever holds documents of two keys. */
function signingName(alg: SigningAlgorithm): string {
  return `signing:${alg}`;
}

async function hasStoredKeys(storage: KeySetStorage): Promise<boolean> {
  const names = [SECRETS, ...CONFIGURABLE_ALGORITHMS.map(signingName)];
  const stored = await Promise.all(names.map((name) => storage.getKeySet(name)));
  return stored.some(({ version }) => version > 0);
}

async function refreshAll(ring: KeyRing, secrets: MasterSecrets): Promise<void> {
  if (!secrets.isLoaded()) await secrets.check();
  await ring.refresh();
  await secrets.refresh();
}

function openKeyRing(options: KeysServiceOptions, policy: RotationPolicy, key: KeyEncryptionKey): KeyRing {
  const { config, clock, logger, storage } = options;
  const stores = CONFIGURABLE_ALGORITHMS.map((alg) => [alg, openSigningStore(storage, alg, key)] as const);
  return createKeyRing({
    clock,
    logger,
    policy,
    configured: config.signer.algorithm,
    stores: new Map(stores),
    vault: createKeyVault(key.wrapping, generateSigningKeyPair),
  });
}

function openSigningStore(
  storage: KeySetStorage,
  alg: SigningAlgorithm,
  key: KeyEncryptionKey,
): DocumentStore<SigningDocument> {
  return createDocumentStore({
    storage,
    name: signingName(alg),
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
