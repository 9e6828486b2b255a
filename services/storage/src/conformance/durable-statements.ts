import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Bench, createBench, type DurableHarness, words } from './bench-api.ts';
import {
  insertGrants,
  sampleConsent,
  sampleEvent,
  sampleNewGrant,
  sampleSession,
  subjectOf,
} from './durable-samples.ts';
import { freshId, sampleAuthorization, sampleClient, sampleCode, sampleToken, sampleUser } from './samples.ts';

/** An operation, and the names of the statements it may take. */
interface Cost {
  readonly operation: string;
  readonly statements: readonly string[];
  /** Does what is needed, and says how the operation is called. */
  readonly prepare: (bench: Bench) => Promise<() => Promise<unknown>>;
}

const costs: readonly Cost[] = [
  {
    operation: 'redeemCodes',
    statements: ['insert_grants'],
    async prepare(bench) {
      const codes = [sampleCode(await bench.putCode()), sampleCode(await bench.putCode())];
      return () => bench.api.redeemCodes(codes);
    },
  },
  {
    operation: 'redeemCodes of two stored people',
    statements: ['insert_grants'],
    async prepare(bench) {
      const john = { ...sampleUser().identity, userId: 'u2', email: 'john@example.org' };
      await bench.putUser(sampleUser());
      await bench.putUser(sampleUser({ email: john.email, identity: john }));
      const ofJane = sampleCode(await bench.putCode({ connectorId: 'local' }));
      const ofJohn = sampleCode(await bench.putCode({ connectorId: 'local', identity: john }));
      return async () => {
        const outcomes = await bench.api.redeemCodes([ofJane, ofJohn]);
        expect(words(outcomes)).toEqual(['redeemed', 'redeemed']);
      };
    },
  },
  {
    operation: 'createGrants',
    statements: ['insert_grants'],
    prepare: async ({ api, clock }) => {
      const ends = { tokensExpireAt: clock.now(), validIfNotUsedForSeconds: 0 };
      const grants = [randomUUID(), randomUUID()].map((grantId) => ({
        grantId,
        authorization: sampleAuthorization(),
        ...ends,
      }));
      return () => api.createGrants(grants);
    },
  },
  {
    operation: 'rotateRefreshTokens',
    statements: ['rotate_grants'],
    async prepare(bench) {
      const tokens = [sampleToken(await bench.putGrant()), sampleToken(await bench.putGrant())];
      return () => bench.api.rotateRefreshTokens(tokens);
    },
  },
  {
    operation: 'listClients',
    statements: ['list_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.listClients(),
  },
  {
    operation: 'listConnectors',
    statements: ['list_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.listConnectors(),
  },
  {
    operation: 'findUser',
    statements: ['get_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.findUser('x@y.example'),
  },
  {
    operation: 'getKeySet',
    statements: ['get_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.getKeySet('none'),
  },
  {
    operation: 'compareAndSetKeySet',
    statements: ['write_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.compareAndSetKeySet(freshId(), 0, Uint8Array.of(1), [sampleEvent('s')]),
  },
  {
    operation: 'getRecord',
    statements: ['get_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.getRecord('client', 'none'),
  },
  {
    operation: 'listRecords',
    statements: ['list_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.listRecords('credential', { subject: freshId(), limit: 100 }),
  },
  {
    operation: 'putRecord',
    statements: ['write_records'],
    async prepare(bench) {
      const value = sampleClient('statements');
      await bench.deleteClient('statements');
      return () => bench.api.putRecord({ kind: 'client', value, expected: 'any', actor: '' });
    },
  },
  {
    operation: 'deleteRecord',
    statements: ['remove_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.deleteRecord({ kind: 'client', id: 'statements', actor: '' }),
  },
  {
    operation: 'createSession',
    statements: ['write_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.createSession(sampleSession(), [sampleEvent('s')]),
  },
  {
    operation: 'findSessions',
    statements: ['get_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.findSessions([freshId(), freshId()]),
  },
  {
    operation: 'updateSession',
    statements: ['write_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.updateSession(sampleSession(), 1),
  },
  {
    operation: 'endSession',
    statements: ['get_records', 'remove_records', 'revoke_grants_by'],
    async prepare({ api }) {
      const session = sampleSession();
      await api.createSession(session);
      return () => api.endSession({ id: session.id, reason: 'logout', revokesGrants: true });
    },
  },
  {
    operation: 'putConsent',
    statements: ['write_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.putConsent(sampleConsent(subjectOf(freshId()))),
  },
  {
    operation: 'findConsent',
    statements: ['get_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.findConsent('a', 'b'),
  },
  {
    operation: 'withdrawConsent',
    statements: ['remove_records'],
    prepare:
      async ({ api }) =>
      () =>
        api.withdrawConsent('a', 'b'),
  },
  {
    operation: 'listGrants',
    statements: ['list_grants'],
    async prepare(bench) {
      const userId = freshId();
      await insertGrants(bench, [sampleNewGrant({ userId }), sampleNewGrant({ userId })]);
      return () => bench.api.listGrants({ selector: { subject: subjectOf(userId) }, limit: 1000 });
    },
  },
  {
    operation: 'appendEvents',
    statements: ['append_events'],
    prepare:
      async ({ api }) =>
      () =>
        api.appendEvents([sampleEvent('a'), sampleEvent('b')]),
  },
  {
    operation: 'takeEvents',
    statements: ['get_records', 'write_records', 'read_events', 'backlog'],
    async prepare({ api, durable, clock }) {
      await durable.removeRecords([{ kind: 'lease', id: 'outbox', events: [] }], clock.now());
      return () => api.takeEvents({ workerId: freshId(), leaseSeconds: 10, limit: 10 });
    },
  },
  {
    operation: 'settleEvents',
    statements: ['park_events', 'remove_events'],
    prepare:
      async ({ api }) =>
      () =>
        api.settleEvents({ published: ['1'], parked: [{ position: '2', reason: 'x' }] }),
  },
];

/** What each operation costs: statements that leave, however many items they carry. */
export function statementsSuite(harness: DurableHarness): void {
  describe('statements', () => {
    for (const { operation, statements, prepare } of costs) {
      test(`${operation} takes ${statements.join(', ')}`, async () => {
        const bench = await createBench(harness);
        const call = await prepare(bench);
        bench.counted();
        bench.commands();
        await call();
        expect(bench.counted()).toEqual(statements);
        expect(bench.commands()).toEqual(operation.startsWith('redeemCodes') ? ['find_codes'] : []);
        await bench.durable.close();
      });
    }
  });
}
