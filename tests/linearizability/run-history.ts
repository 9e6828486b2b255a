import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CodeToRedeem, StorageApi } from '@tessera/contracts';
import type { Outcome } from '@tessera/rpc';
import type { Call, History } from './checker.ts';
import type { Answer, Operation } from './model.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What histories are made against: the operations of storage, for callers that may do all of this. */
export type StorageUnderTest = Pick<
  StorageApi,
  | 'putAuthorizationRequest'
  | 'completeAuthorizationRequest'
  | 'redeemCodes'
  | 'rotateRefreshTokens'
  | 'revokeGrants'
  | 'findGrants'
>;

/** How one history is made. */
export interface HistoryOptions {
  readonly storage: StorageUnderTest;
  readonly random: SeededRandom;
  /** Clients that race. */
  readonly clients: number;
  /** Calls of each. */
  readonly calls: number;
}

const CLIENT = 'app';
const LONGER_THAN_ANY_RUN_SECONDS = 86_400;
const LONGEST_PAUSE_MS = 60;

/** What the clients of one code know of it. They act on what was answered to any of them, as thieves and owners do. */
interface Knowledge {
  readonly codeId: string;
  grantId?: string;
  /** The latest generation that was answered. */
  generation: number;
}

/**
 * Makes a code and lets clients race for it and what comes of it; afterwards one of them looks once more, so that what was
 * answered and is lost shows. Undefined when the code could not be made.
 */
export async function runHistory(options: HistoryOptions): Promise<History | undefined> {
  const { storage, random, clients, calls } = options;
  const codeId = randomUUID();
  if (!(await makeCode(storage, codeId))) return undefined;
  const known: Knowledge = { codeId, generation: 0 };
  const history: Call[] = [];
  const racers = Array.from({ length: clients }, (_, client) => ({ client, random: random.fork() }));
  await Promise.all(
    racers.map(async (racer) => {
      for (let turn = 0; turn < calls; turn += 1) {
        if (racer.random.chance(40)) await sleep(racer.random.whole(LONGEST_PAUSE_MS));
        history.push(await perform(storage, racer.client, chooseOperation(racer.random, known), known));
      }
    }),
  );
  return history;
}

/** Looks at the end of a history, and uses the last token that was answered. Asked when every server is there again. */
export async function lookOnceMore(storage: StorageUnderTest, history: History): Promise<History> {
  const known = knowledgeOf(history);
  if (known === undefined) return history;
  const last: Operation = {
    type: 'rotate',
    generation: known.generation,
    attemptId: randomUUID(),
    isTolerant: false,
  };
  const found = await perform(storage, -1, { type: 'find' }, known);
  return [...history, found, await perform(storage, -1, last, known)];
}

function knowledgeOf(history: History): Knowledge | undefined {
  let grantId: string | undefined;
  let generation = 0;
  for (const { operation, answered } of history) {
    if (operation.type === 'redeem' && answered?.answer === 'redeemed') grantId = operation.grantId;
    generation = Math.max(generation, generationOf(answered?.answer));
  }
  return grantId === undefined ? undefined : { codeId: '', grantId, generation };
}

function generationOf(answer: Answer | undefined): number {
  return Number(/^rotated (\d+)$/.exec(answer ?? '')?.[1] ?? 0);
}

async function makeCode(storage: StorageUnderTest, id: string): Promise<boolean> {
  try {
    await storage.putAuthorizationRequest({ id, version: 1, payload: new Uint8Array() }, 600);
    const attempt = { id, version: 1, codeTtlSeconds: 600, attemptId: randomUUID() };
    return await storage.completeAuthorizationRequest({ ...attempt, authorization: authorization() });
  } catch {
    return false;
  }
}

function authorization() {
  return {
    clientId: CLIENT,
    redirectUri: 'https://app.example/callback',
    scopes: ['openid', 'offline_access'],
    identity: {
      userId: 'u1',
      username: 'Jane',
      preferredUsername: 'jane',
      email: 'jane@example.org',
      emailVerified: true,
      groups: [],
      claims: {},
    },
    connectorId: 'upstream',
    connectorData: new Uint8Array(),
    authTime: new Date(0),
    isRefreshable: true,
    refreshesUpstream: false,
  };
}

function chooseOperation(random: SeededRandom, known: Knowledge): Operation {
  if (known.grantId === undefined || random.chance(8)) return { type: 'redeem', grantId: randomUUID() };
  if (random.chance(4)) return { type: 'revoke' };
  if (random.chance(15)) return { type: 'find' };
  // Mostly the token that is valid, sometimes one that was before, as a thief or a client with a lost answer presents it.
  const generation = Math.max(0, known.generation - random.pick([0, 0, 0, 0, 1, 1, 2]));
  return { type: 'rotate', generation, attemptId: randomUUID(), isTolerant: random.chance(85) };
}

async function perform(
  storage: StorageUnderTest,
  client: number,
  operation: Operation,
  known: Knowledge,
): Promise<Call> {
  const calledMs = performance.now();
  const answer = await ask(storage, operation, known).catch(() => undefined);
  const call = { client, operation, calledMs };
  if (answer === undefined) return call;
  if (operation.type === 'redeem' && answer === 'redeemed') known.grantId = operation.grantId;
  known.generation = Math.max(known.generation, generationOf(answer));
  return { ...call, answered: { answer, atMs: performance.now() } };
}

async function ask(storage: StorageUnderTest, operation: Operation, known: Knowledge): Promise<Answer> {
  const { codeId, grantId = '' } = known;
  switch (operation.type) {
    case 'redeem': {
      const value = only(await storage.redeemCodes([codeOf(codeId, operation.grantId)]));
      return value.type === 'redeemed' ? 'redeemed' : value.refusal;
    }
    case 'rotate': {
      const { generation, attemptId, isTolerant } = operation;
      const reuseIntervalSeconds = isTolerant ? LONGER_THAN_ANY_RUN_SECONDS : 0;
      const token = { grantId, generation, clientId: CLIENT, rotates: true, attemptId, reuseIntervalSeconds };
      const value = only(await storage.rotateRefreshTokens([{ ...token, validIfNotUsedForSeconds: 0 }]));
      if (value.type === 'refused') return value.refusal;
      return value.type === 'rotated' ? `rotated ${value.grant.generation}` : value.type;
    }
    case 'revoke':
      return only(await storage.revokeGrants([{ grantId, reason: 'test' }])) ? 'revoked by this' : 'nothing to revoke';
    case 'find': {
      const grant = only(await storage.findGrants([grantId]));
      if (grant === undefined) return 'absent';
      const { generation, revokedAt } = grant;
      return revokedAt === undefined ? `generation ${generation}` : `revoked at generation ${generation}`;
    }
  }
}

function codeOf(codeId: string, grantId: string): CodeToRedeem {
  return {
    codeId,
    grantId,
    clientId: CLIENT,
    redirectUri: 'https://app.example/callback',
    tokensExpireAt: new Date(Date.UTC(2100, 0)),
    validIfNotUsedForSeconds: 0,
  };
}

function only<T>(outcomes: readonly Outcome<T>[]): T {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}
