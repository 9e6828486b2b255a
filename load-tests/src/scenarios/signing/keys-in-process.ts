import { systemClock } from '@tessera/clock';
import { loadConfig, type TesseraConfig } from '@tessera/config';
import type { KeysApi, StorageKeySetsApi } from '@tessera/contracts';
import { createKeysService } from '@tessera/keys';
import { noMetrics, silentLogger } from '@tessera/telemetry';
import type { SigningAlgorithm } from './algorithms.ts';

/** The issuer of the benchmark. */
export const ISSUER = 'http://127.0.0.1:5556/dex';

/** The keys service in this process. */
export interface KeysInProcess {
  readonly api: KeysApi;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the keys service with local keys of one algorithm; its storage is this process's memory, as signing never asks it. */
export async function startKeysInProcess(algorithm: SigningAlgorithm): Promise<KeysInProcess> {
  const service = await createKeysService({
    config: configure(algorithm),
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
    storage: createKeySets(),
  });
  await service.ready();
  return { api: service.api, [Symbol.asyncDispose]: () => service.close() };
}

function configure(algorithm: SigningAlgorithm): TesseraConfig {
  const text = JSON.stringify({
    issuer: ISSUER,
    storage: { type: 'memory' },
    web: { http: '127.0.0.1:5556' },
    enablePasswordDB: true,
    signer: { type: 'local', config: { keysRotationPeriod: '6h', algorithm } },
  });
  const result = loadConfig({ text, fileName: 'signing.yaml', env: {} });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.config;
}

function createKeySets(): StorageKeySetsApi {
  const documents = new Map<string, { readonly version: number; readonly payload: Uint8Array }>();
  return {
    getKeySet: async (name) => documents.get(name) ?? { version: 0, payload: new Uint8Array() },
    async compareAndSetKeySet(name, expectedVersion, payload) {
      if ((documents.get(name)?.version ?? 0) !== expectedVersion) return false;
      documents.set(name, { version: expectedVersion + 1, payload });
      return true;
    },
  };
}
