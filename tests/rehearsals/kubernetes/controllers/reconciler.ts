import type { ResourceStore } from '../resource-store.ts';
import {
  isRolledOut,
  isStatefulSetReady,
  type JobState,
  type MakePod,
  type OwnedPod,
  ownerOf,
  stepDeployment,
  stepJob,
  stepStatefulSet,
} from './workloads.ts';

/** Makes and ends pods until there are those that resources ask for. */
export interface Reconciler {
  /** Goes a step in that direction. */
  step(): void;
  /** Whether there is nothing to do, and all that is asked for is available or complete. */
  isSettled(): boolean;
}

/** Creates a {@link Reconciler}. */
export function createReconciler(resources: ResourceStore, pods: ReadonlySet<OwnedPod>, make: MakePod): Reconciler {
  const jobs = new Map<string, { readonly beganMs: number; state: JobState }>();
  return {
    step() {
      const all = [...pods];
      for (const resource of resources.all('Deployment')) stepDeployment(resource, all, make);
      for (const resource of resources.all('StatefulSet')) stepStatefulSet(resource, all, make);
      for (const resource of resources.all('Job')) {
        const job = jobs.get(ownerOf(resource)) ?? { beganMs: performance.now(), state: 'active' };
        jobs.set(ownerOf(resource), job);
        if (job.state === 'active') job.state = stepJob(resource, all, performance.now() - job.beganMs, make);
      }
      for (const resource of resources.all('Pod')) {
        const owner = ownerOf(resource);
        if (all.some((one) => one.owner === owner)) continue;
        const { namespace, name, labels, content } = resource;
        make({ owner, revision: '', namespace, name, labels, spec: content.spec });
      }
    },
    isSettled() {
      const all = [...pods];
      return (
        resources.all('Deployment').every((one) => isRolledOut(one, all)) &&
        resources.all('StatefulSet').every((one) => isStatefulSetReady(one, all)) &&
        resources.all('Job').every((one) => jobs.get(ownerOf(one))?.state === 'complete')
      );
    },
  };
}
