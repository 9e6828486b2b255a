import { type KeysApi, keysBinding } from '@tessera/contracts';
import type { HttpHandler, RouteNameOf } from '@tessera/http';
import { createKeysApi } from './api.ts';
import { type KeyEncryptionKey, openKeyEncryptionKey } from './encryption/key-encryption-key.ts';
import { createResealing, type Resealing } from './encryption/resealing.ts';
import { createHealthHandler } from './endpoints/health.ts';
import { createJwksHandler } from './endpoints/jwks.ts';
import { createMetadataHandler } from './endpoints/metadata.ts';
import { secondsUntilNextAlgorithm } from './endpoints/metadata-stability.ts';
import { createJournal, type Journal } from './journal/journal.ts';
import { createChangeWatch } from './jwks/change-watch.ts';
import { createPublishedKeys, type PublishedKeys } from './jwks/published-keys.ts';
import { createKeyMetrics, type KeyMetrics } from './metrics.ts';
import type { KeysService, KeysServiceOptions } from './ports.ts';
import { createKeyRing, type KeyRing } from './rotation/key-ring.ts';
import { type ConfiguredAlgorithms, configuredAlgorithms } from './rotation/key-sets.ts';
import { secondsUntilActivation } from './rotation/plan.ts';
import { createRotationPolicy, jwksMaxAgeSeconds, type RotationPolicy } from './rotation/policy.ts';
import { startRotationLoop } from './rotation/rotation-loop.ts';
import { findDefaultKey, listSigningAlgorithms } from './rotation/select-key.ts';
import { startStorageWatch } from './rotation/storage-watch.ts';
import { openSealedDocuments, type SealedDocuments, sealedDocumentNames } from './sealed-documents.ts';
import { createMasterSecrets, type MasterSecrets } from './secrets/master-secrets.ts';
import { DERIVATION } from './secrets/next-secrets.ts';
import { createSecretsPolicy } from './secrets/secrets-policy.ts';
import type { Custody } from './signers/custody.ts';
import { openCustodians } from './signers/open-custodians.ts';
import { type OpenTransit, openTransitBy } from './vault/open-transit.ts';

/**
 * Starts the keys service. Throws `invalid_argument` with the code `keys.wrong_key_encryption_key` when the key-encryption
 * key is missing or malformed. `ready()` waits for storage; it rejects with the same code when the key does not open what
 * is stored there, and then nothing was or will be overwritten.
 */
export async function createKeysService(options: KeysServiceOptions): Promise<KeysService> {
  const { config, clock, logger, storage } = options;
  const policy = createRotationPolicy(config);
  const configured = configuredAlgorithms(config.signer);
  const parts = await openParts(options, policy, configured);
  const { keyEncryptionKey, custody, ring, secrets, journal, metrics } = parts;
  const watch = createChangeWatch(clock);
  const publishedAt = createPublishedKeys(ring.sets, configured);
  const published = (): ReturnType<typeof publishedAt> => publishedAt(clock.now());
  const rules = { issuer: config.issuer, maxLifetimeSeconds: policy.retentionSeconds };
  const api: KeysApi = createKeysApi({
    clock,
    configured,
    rules,
    ring,
    secrets,
    journal,
    metrics,
    published,
    watch,
  });
  const loop = startRotationLoop({
    clock,
    logger,
    refresh: () => refreshAll(parts),
    nextRefreshMs: ring.nextRefreshMs,
    onRefreshed: watch.notify,
  });
  const storageWatch = startStorageWatch({
    storage,
    name: parts.documents.signing.name,
    knownVersion: ring.version,
    clock,
    onChange: loop.wake,
  });
  return {
    name: 'keys',
    handlers: createHandlers(options, { policy, configured, ring, secrets, published }),
    bindings: [keysBinding(api)],
    api,
    ready: () => loop.ready,
    async close() {
      loop.close();
      storageWatch.close();
      watch.close();
      await journal.close();
      await custody.close();
      await keyEncryptionKey.close();
    },
  };
}

interface HandlerParts {
  readonly policy: RotationPolicy;
  readonly configured: ConfiguredAlgorithms;
  readonly ring: KeyRing;
  readonly secrets: MasterSecrets;
  readonly published: () => PublishedKeys | undefined;
}

function createHandlers(
  { config, clock }: KeysServiceOptions,
  { policy, configured, ring, secrets, published }: HandlerParts,
): Record<RouteNameOf<'keys'>, HttpHandler> {
  const metadata = createMetadataHandler(config, () => {
    const signing = listSigningAlgorithms(ring.sets(), configured, clock.now());
    const former = (published()?.algorithms ?? []).filter((alg) => !configured.includes(alg));
    const stableSeconds = secondsUntilNextAlgorithm(ring.sets(), configured, clock.now(), policy.skewSeconds);
    return signing.length === 0 ? undefined : { signing, former, stableSeconds };
  });
  return {
    discovery: metadata,
    serverMetadata: metadata,
    jwks: createJwksHandler({
      clock,
      refreshIfStale: () => ring.ensureFresh().catch(() => undefined),
      published,
      maxAgeSeconds: () => jwksMaxAgeSeconds(policy, ring.ageSeconds()),
    }),
    health: createHealthHandler(
      () =>
        secrets.isLoaded() &&
        ring.ageSeconds() <= policy.staleAfterSeconds &&
        findDefaultKey(ring.sets(), configured, clock.now())?.sign !== undefined,
    ),
  };
}

/** What the service is made of. */
interface Parts {
  readonly keyEncryptionKey: KeyEncryptionKey;
  readonly documents: SealedDocuments;
  readonly custody: Custody;
  readonly ring: KeyRing;
  readonly secrets: MasterSecrets;
  readonly journal: Journal;
  readonly resealing: Resealing;
  readonly metrics: KeyMetrics;
}

async function openParts(
  options: KeysServiceOptions,
  policy: RotationPolicy,
  configured: ConfiguredAlgorithms,
): Promise<Parts> {
  const { config, clock, logger, storage } = options;
  const keyEncryptionKey = await openKeyEncryption(options);
  const { wrapping } = keyEncryptionKey;
  const documents = openSealedDocuments(storage, keyEncryptionKey);
  const custody = await openCustodians({ config, wrapping, clock, logger, openTransit: transitOf(options) });
  const journal = createJournal({ store: documents.journal, clock, logger });
  const ring = createKeyRing({
    clock,
    logger,
    policy,
    configured,
    store: documents.signing,
    earlierStores: documents.earlierSigning,
    custody,
    latestExpiries: journal.latestExpiries,
    onChange: ({ key, step }) => metrics.changed(key.alg, step),
  });
  const metrics = createKeyMetrics(options.metrics, {
    ageSeconds: ring.ageSeconds,
    secondsUntilActivation: () => secondsUntilActivation([...ring.sets().values()], clock.now(), policy),
  });
  const secrets = createMasterSecrets({
    store: documents.secrets,
    wrapping,
    clock,
    logger,
    policy: createSecretsPolicy(config),
    onChange: ({ step }) => metrics.changed(DERIVATION, step),
  });
  const resealing = createResealing({ stores: documents.all, clock, logger });
  return { keyEncryptionKey, documents, custody, ring, secrets, journal, resealing, metrics };
}

function openKeyEncryption(options: KeysServiceOptions): Promise<KeyEncryptionKey> {
  const { config, clock, logger, storage } = options;
  return openKeyEncryptionKey({
    config: config.keyEncryption,
    storage,
    documentNames: sealedDocumentNames,
    openTransit: transitOf(options),
    clock,
    logger,
    mayMake: true,
  });
}

function transitOf({ clock, logger, openTransit }: KeysServiceOptions): OpenTransit {
  return openTransit ?? openTransitBy({ clock, logger });
}

/** Nothing is made before everything that is there has opened, so that no storage ever holds documents of two keys. */
async function refreshAll({ keyEncryptionKey, documents, ring, secrets, resealing }: Parts): Promise<void> {
  await keyEncryptionKey.refresh();
  if (!secrets.isLoaded()) await Promise.all(documents.all.map((store) => store.load()));
  await ring.refresh();
  await secrets.refresh();
  await resealing.run();
}
