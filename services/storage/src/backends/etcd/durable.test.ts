import type { EtcdStorageConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { type EtcdServer, startEtcd } from '@tessera/testkit';
import { afterAll, beforeAll } from 'vitest';
import type { DurableHarness } from '../../conformance/bench-api.ts';
import { durableConformance } from '../../conformance/durable.ts';
import { openEtcdStore } from './durable.ts';

let server: EtcdServer;
beforeAll(async () => {
  server = await startEtcd();
}, 30_000);
afterAll(async () => server.close());

const config = (): EtcdStorageConfig => ({ type: 'etcd', endpoints: [server.url], namespace: 'conformance', ssl: {} });

const harness: DurableHarness = {
  open: async (options) => openEtcdStore({ ...options, config: config(), logger: silentLogger }),
  isPersistent: true,
};

durableConformance('etcd', harness);
