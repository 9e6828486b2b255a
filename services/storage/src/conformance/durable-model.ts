import { createFakeClock } from '@tessera/clock';
import type { Grant, TokenToRotate } from '@tessera/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { type Bench, createBench, type DurableHarness, unwrapped, words } from './bench-api.ts';
import { drain } from './durable-samples.ts';
import { sampleToken, sampleUser } from './samples.ts';

const GRANTS = 3;

type Step =
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'revoke'; readonly grant: number }
  | { readonly type: 'reopen'; readonly grant: number; readonly generation: number }
  | { readonly type: 'user'; readonly change: 'put' | 'promote' | 'disable' | 'delete' }
  | { readonly type: 'rotate'; readonly tokens: readonly Presented[] };

interface Presented {
  readonly grant: number;
  readonly token: Omit<TokenToRotate, 'grantId' | 'upstream'>;
  readonly hasUpstream: boolean;
}

const presented: fc.Arbitrary<Presented> = fc.record({
  grant: fc.nat(GRANTS - 1),
  hasUpstream: fc.boolean(),
  token: fc.record({
    generation: fc.nat(3),
    clientId: fc.constantFrom('app', 'app', 'app', 'other'),
    rotates: fc.constantFrom(true, true, false),
    reuseIntervalSeconds: fc.constantFrom(0, 10, 30),
    validIfNotUsedForSeconds: fc.constantFrom(0, 0, 60),
    attemptId: fc.constantFrom('a', 'b', 'c', 'd'),
  }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('rotate' as const),
      tokens: fc.array(presented, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.constantFrom(0.001, 5, 10, 30, 60) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('revoke' as const), grant: fc.nat(GRANTS - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('reopen' as const),
      grant: fc.nat(GRANTS - 1),
      generation: fc.nat(3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('user' as const),
      change: fc.constantFrom('put' as const, 'promote' as const, 'disable' as const, 'delete' as const),
    }),
  },
);

/** Whatever is presented in whatever order, a store answers what the rules in `judgeRotation` say. */
export function modelSuite(harness: DurableHarness): void {
  test('RFC 9700 §4.14.2: any sequence of presentations is judged as the rules say', async () => {
    const clock = createFakeClock();
    const memory = { open: async () => createMemoryDurableStore({ clock, hasOutbox: true }), isPersistent: false };
    const benches = [await createBench(memory, {}, clock), await createBench(harness, {}, clock)];
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const [expected, actual] = await Promise.all(benches.map((bench) => setUp(bench)));
      for (const current of steps) {
        if (current.type === 'wait') clock.advance(current.seconds);
        else {
          const [left, right] = [await perform(expected, current), await perform(actual, current)];
          expect(right).toEqual(left);
        }
      }
      // Each telling of the grants, in order.
      expect(await told(actual)).toEqual(await told(expected));
    });
    await fc.assert(property, { numRuns: 60 });
    for (const bench of benches) await bench.durable.close();
  });
}

interface Subject {
  readonly bench: Bench;
  readonly grants: readonly Grant[];
}

async function setUp(bench: Bench): Promise<Subject> {
  await drain(bench);
  await bench.putUser(sampleUser());
  const grants = [
    await bench.putGrant(),
    await bench.putGrant({ refreshesUpstream: true }),
    await bench.putGrant({ connectorId: 'local' }),
  ];
  return { bench, grants };
}

async function perform(
  subject: Subject | undefined,
  current: Exclude<Step, { readonly type: 'wait' }>,
): Promise<unknown> {
  if (subject === undefined) throw new Error('no subject');
  const { bench, grants } = subject;
  const outcome = await act(subject, current);
  const found = await bench.durable.findGrants(grants.map(({ id }) => id));
  return { outcome, state: found.map((one) => one && comparable(one.grant)) };
}

/** What the outbox tells of the grants, each by its place. */
async function told(subject: Subject | undefined): Promise<unknown> {
  if (subject === undefined) throw new Error('no subject');
  const { bench, grants } = subject;
  const events = (await drain(bench)).map(({ event }) => {
    const { grantId, ...data } = JSON.parse(event.data) as { readonly grantId?: string };
    return { grant: grants.findIndex(({ id }) => id === grantId), type: event.type, data, time: event.time };
  });
  return grants.map((_, place) => events.filter(({ grant }) => grant === place));
}

async function act({ bench, grants }: Subject, current: Exclude<Step, { readonly type: 'wait' }>): Promise<unknown> {
  switch (current.type) {
    case 'rotate':
      return words(await bench.api.rotateRefreshTokens(current.tokens.map((one) => tokenOf(one, grants))));
    case 'revoke':
      return (await bench.api.revokeGrants([{ grantId: grants[current.grant]?.id ?? '', reason: 'x' }])).map(unwrapped);
    case 'reopen': {
      const rotation = { grantId: grants[current.grant]?.id ?? '', generation: current.generation };
      return (await bench.api.reopenRotations([rotation])).map(unwrapped);
    }
    case 'user': {
      const { identity } = sampleUser();
      if (current.change === 'delete') return bench.deleteUser('jane@example.org');
      const groups = current.change === 'promote' ? ['promoted'] : identity.groups;
      const isEnabled = current.change !== 'disable';
      return bench.putUser(sampleUser({ isEnabled, identity: { ...identity, groups } }));
    }
  }
}

function tokenOf({ grant, token, hasUpstream }: Presented, grants: readonly Grant[]): TokenToRotate {
  const presentedGrant = grants[grant];
  if (presentedGrant === undefined) throw new Error('no grant');
  const identity = { ...presentedGrant.authorization.identity, username: `Jane ${token.attemptId}` };
  const isAsked = hasUpstream && presentedGrant.authorization.refreshesUpstream;
  const upstream = isAsked ? { upstream: { identity, connectorData: Buffer.from(token.attemptId) } } : {};
  return { ...sampleToken(presentedGrant), ...token, ...upstream };
}

function comparable({ authorization, generation, createdAt, lastUsedAt, expiresAt, revokedAt }: Grant): unknown {
  const data = Buffer.from(authorization.connectorData).toString('hex');
  return { generation, createdAt, lastUsedAt, expiresAt, revokedAt, identity: authorization.identity, data };
}
