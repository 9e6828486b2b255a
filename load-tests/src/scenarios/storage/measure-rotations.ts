import { join } from 'node:path';
import type { Cluster } from '@tessera/cli';
import { type CpuClock, createCpuClock } from '../../cpu.ts';
import type { LoadResult } from '../../load/messages.ts';
import { type RotationCallers, startRotationCallers } from '../../load/start-rotation-callers.ts';
import { type Tier, tiersOf } from '../tiers.ts';

/** What one measurement came to. */
export interface RotationRun {
  readonly grants: number;
  readonly callers: number;
  readonly result: LoadResult;
  /** CPU milliseconds for one rotation, by tier. */
  readonly costs: ReadonlyMap<string, number>;
}

/** How long a measurement lasts. */
export interface RotationWindow {
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** The tier that stands for the token service: its client, its batches, its side of the connection. */
export const CALLERS_TIER = 'callers (the client of the token service)';

/** A set-up that is measured again and again. */
export interface RotationBench extends AsyncDisposable {
  measure(grants: number, callers: number, window: RotationWindow): Promise<RotationRun>;
}

/** Starts callers against the storage processes of a run. */
export async function createRotationBench(cluster: Cluster): Promise<RotationBench> {
  const file = (name: string): string => join(cluster.directory, 'certificates', name);
  const callers = await startRotationCallers({
    addresses: cluster.of('storage').flatMap(({ grpc }) => grpc ?? []),
    security: {
      type: 'mtls',
      files: { caFile: file('ca.pem'), certFile: file('{service}.pem'), keyFile: file('{service}.key') },
    },
  });
  const cpu = createCpuClock();
  const tiers = [{ name: CALLERS_TIER, pids: () => [callers.pid] }, ...tiersOf(cluster)];
  return {
    measure: (grants, count, window) => measure({ cpu, tiers, callers }, { ...window, grants, callers: count }),
    [Symbol.asyncDispose]: () => callers[Symbol.asyncDispose](),
  };
}

interface Set {
  readonly cpu: CpuClock;
  readonly tiers: readonly Tier[];
  readonly callers: RotationCallers;
}

async function measure(
  { cpu, tiers, callers }: Set,
  order: RotationWindow & { readonly grants: number; readonly callers: number },
): Promise<RotationRun> {
  const read = (): readonly number[] => tiers.map(({ pids }) => cpu.usedMs(pids()));
  let before: readonly number[] = [];
  let after: readonly number[] = [];
  const result = await callers.measure(order, {
    begun: () => {
      before = read();
    },
    ended: () => {
      after = read();
    },
  });
  const costs = tiers.map(({ name }, index): [string, number] => [
    name,
    ((after[index] ?? 0) - (before[index] ?? 0)) / Math.max(1, result.operations),
  ]);
  return { grants: order.grants, callers: order.callers, result, costs: new Map(costs) };
}

/** CPU milliseconds of one rotation in all tiers together. */
export function totalCost({ costs }: RotationRun): number {
  return [...costs.values()].reduce((sum, cost) => sum + cost, 0);
}
