import { describe } from 'vitest';
import type { DurableHarness } from './bench-api.ts';
import { administrationSuite } from './durable-administration.ts';
import { clientsSuite } from './durable-clients.ts';
import { codesSuite } from './durable-codes.ts';
import { createdGrantsSuite } from './durable-created-grants.ts';
import { grantListsSuite } from './durable-grant-lists.ts';
import { grantsSuite } from './durable-grants.ts';
import { keySetsSuite } from './durable-key-sets.ts';
import { lanesSuite } from './durable-lanes.ts';
import { logoutDeliveriesSuite } from './durable-logout-deliveries.ts';
import { modelSuite } from './durable-model.ts';
import { outboxSuite } from './durable-outbox.ts';
import { peopleSuite } from './durable-people.ts';
import { portableSuite } from './durable-portable.ts';
import { recordsSuite } from './durable-records.ts';
import { reopeningSuite } from './durable-reopening.ts';
import { restartSuite } from './durable-restart.ts';
import { retentionSuite } from './durable-retention.ts';
import { rotationSuite } from './durable-rotation.ts';
import { sessionsSuite } from './durable-sessions.ts';
import { statementsSuite } from './durable-statements.ts';

/** Everything a durable store has to do, seen through the operations that stand on it. */
export function durableConformance(name: string, harness: DurableHarness): void {
  describe(`the durable store ${name}`, () => {
    codesSuite(harness);
    createdGrantsSuite(harness);
    rotationSuite(harness);
    reopeningSuite(harness);
    grantsSuite(harness);
    grantListsSuite(harness);
    retentionSuite(harness);
    peopleSuite(harness);
    clientsSuite(harness);
    keySetsSuite(harness);
    recordsSuite(harness);
    administrationSuite(harness);
    sessionsSuite(harness);
    logoutDeliveriesSuite(harness);
    outboxSuite(harness);
    lanesSuite(harness);
    modelSuite(harness);
    portableSuite(harness);
    statementsSuite(harness);
    restartSuite(harness);
  });
}
