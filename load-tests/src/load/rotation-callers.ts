// The process of the callers: each rotates the refresh token of one grant after the other, as the token service does it,
// with its client, its batches and its certificate.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createStorage, type Storage, storageClient } from '@tessera/contracts';
import { createChannel } from '@tessera/rpc';
import { GRANTS_CLIENT, grantIdOf } from '../scenarios/storage/grants.ts';
import { createLatencies } from './latencies.ts';
import type { LoadResult } from './messages.ts';
import type { RotationMessage, RotationOrder, RotationReport } from './rotation-messages.ts';

const DEADLINE_MS = 5_000;
const MAX_SAMPLES = 5;

/** Present generation of every grant by its number, of each table: no map of grants, whose own upkeep would grow with them. */
const tables = new Map<number, Uint32Array>();
const busy = new Set<number>();
let storage: Storage | undefined;

function report(message: RotationReport): void {
  process.send?.(message);
}

function freeGrant(grants: number): number {
  for (;;) {
    const index = Math.floor(Math.random() * grants);
    if (!busy.has(index)) {
      busy.add(index);
      return index;
    }
  }
}

/** Rotates once; undefined = it was rotated, else what came instead. */
async function rotate(client: Storage, generations: Uint32Array, index: number): Promise<string | undefined> {
  const generation = generations[index] ?? 0;
  const outcome = await client.rotateRefreshToken({
    grantId: grantIdOf(index),
    generation,
    clientId: GRANTS_CLIENT,
    rotates: true,
    reuseIntervalSeconds: 3,
    validIfNotUsedForSeconds: 0,
    attemptId: randomUUID(),
  });
  if (outcome.type !== 'rotated') return outcome.type === 'refused' ? outcome.refusal : outcome.type;
  generations[index] = outcome.grant.generation;
  return undefined;
}

function generationsOf(grants: number): Uint32Array {
  const generations = tables.get(grants) ?? new Uint32Array(grants);
  tables.set(grants, generations);
  return generations;
}

async function measure(client: Storage, order: RotationOrder): Promise<LoadResult> {
  const generations = generationsOf(order.grants);
  const latencies = createLatencies();
  const samples: string[] = [];
  let errors = 0;
  let isMeasuring = false;
  let isStopped = false;
  const callers = Array.from({ length: order.callers }, async () => {
    while (!isStopped) {
      const index = freeGrant(order.grants);
      const sentMs = performance.now();
      const failure = await rotate(client, generations, index).catch((error: unknown) => String(error));
      busy.delete(index);
      if (failure !== undefined) {
        errors += 1;
        if (samples.length < MAX_SAMPLES) samples.push(failure);
      } else if (isMeasuring) latencies.add(performance.now() - sentMs);
    }
  });
  await delay(order.warmUpSeconds * 1000);
  isMeasuring = true;
  const startedMs = performance.now();
  report({ type: 'begun' });
  await delay(order.seconds * 1000);
  isMeasuring = false;
  const durationMs = performance.now() - startedMs;
  report({ type: 'ended' });
  isStopped = true;
  await Promise.all(callers);
  return {
    operations: latencies.count,
    durationMs,
    p50Ms: latencies.percentile(0.5),
    p95Ms: latencies.percentile(0.95),
    p99Ms: latencies.percentile(0.99),
    errors,
    samples,
  };
}

process.on('message', (message: RotationMessage) => {
  if (message.type === 'plan') {
    const { addresses, security } = message.plan;
    const channel = createChannel({ caller: 'token', target: 'storage', addresses, security });
    storage = createStorage(storageClient(channel, DEADLINE_MS));
    report({ type: 'connected' });
  } else if (storage !== undefined) {
    void measure(storage, message).then((result) => report({ type: 'measured', result }));
  }
});
// Nobody is left to report to.
process.once('disconnect', () => process.exit());
