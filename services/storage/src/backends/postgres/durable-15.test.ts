import { afterAll, beforeAll } from 'vitest';
import { durableConformance } from '../../conformance/durable.ts';
import { startTestServer, type TestServer } from './test-server.ts';

let rig: TestServer;
let database = '';
beforeAll(async () => {
  rig = await startTestServer(15);
  database = await rig.freshDatabase();
}, 60_000);
afterAll(() => rig?.server.close(), 30_000);

durableConformance('PostgreSQL 15', {
  open: async ({ onStatement, hasOutbox }) => rig.open(database, { onStatement, hasOutbox }),
  isPersistent: true,
});
