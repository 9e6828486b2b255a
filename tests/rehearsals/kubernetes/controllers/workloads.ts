import { createHash } from 'node:crypto';
import type { Resource } from '../manifests/documents.ts';
import type { PodSpec } from '../manifests/pod.ts';
import type { Labels } from '../manifests/selectors.ts';
import type { Pod } from '../pods/pod.ts';
import { rolloutStep } from './rollout.ts';
import { statefulStep } from './stateful-step.ts';

/** A pod and the resource it was made for. */
export interface OwnedPod {
  readonly pod: Pod;
  /** Kind and name. */
  readonly owner: string;
  readonly revision: string;
}

/** A pod to make. */
export interface PodRequest {
  readonly owner: string;
  readonly revision: string;
  readonly namespace: string;
  /** The name; or, with a dash at its end, how it begins. */
  readonly name: string;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

/** Makes pods. */
export type MakePod = (request: PodRequest) => void;

/** Brings the pods of a Deployment a step nearer to what it asks for. */
export function stepDeployment(resource: Resource<'Deployment'>, pods: readonly OwnedPod[], make: MakePod): void {
  const { content, namespace, name } = resource;
  const revision = revisionOf(content.templateText);
  const own = pods.filter(({ owner }) => owner === ownerOf(resource));
  const living = own
    .filter(({ pod }) => !pod.isTerminating)
    .map(({ pod, revision: of }) => ({
      pod,
      isNew: of === revision,
      isAvailable: isAvailable(pod, content.minReadySeconds),
    }));
  const { create, remove } = rolloutStep(content, living, own.length - living.length);
  for (const { pod } of remove) void pod.delete();
  for (let count = 0; count < create; count += 1) {
    const { labels, spec } = content.template;
    const labelled = { ...labels, 'pod-template-hash': revision };
    make({ owner: ownerOf(resource), revision, namespace, name: `${name}-${revision}-`, labels: labelled, spec });
  }
}

/** Whether a Deployment has what it asks for, and nothing else. */
export function isRolledOut(resource: Resource<'Deployment'>, pods: readonly OwnedPod[]): boolean {
  const { replicas, templateText, minReadySeconds } = resource.content;
  const own = pods.filter(({ owner }) => owner === ownerOf(resource));
  const revision = revisionOf(templateText);
  return (
    own.length === replicas && own.every((one) => one.revision === revision && isAvailable(one.pod, minReadySeconds))
  );
}

/** Brings the pods of a StatefulSet a step nearer to what it asks for. */
export function stepStatefulSet(resource: Resource<'StatefulSet'>, pods: readonly OwnedPod[], make: MakePod): void {
  const { content, namespace, name } = resource;
  const revision = revisionOf(content.templateText);
  const own = pods
    .filter(({ owner }) => owner === ownerOf(resource))
    .map(({ pod, revision: of }) => ({
      pod,
      ordinal: Number(pod.name.slice(name.length + 1)),
      isNew: of === revision,
      isAvailable: isAvailable(pod, content.minReadySeconds),
      isTerminating: pod.isTerminating,
    }));
  const { create, remove } = statefulStep(content.replicas, content.isParallel, own);
  void remove?.pod.delete();
  for (const ordinal of create) {
    const podName = `${name}-${ordinal}`;
    const claims = content.claims.map((claim) => ({
      name: claim.name,
      content: { kind: 'claim' as const, claimName: `${claim.name}-${podName}` },
    }));
    const { labels, spec } = content.template;
    make({
      owner: ownerOf(resource),
      revision,
      namespace,
      name: podName,
      labels: {
        ...labels,
        'statefulset.kubernetes.io/pod-name': podName,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
      spec: { ...spec, volumes: [...spec.volumes, ...claims] },
    });
  }
}

/** Whether a StatefulSet has what it asks for. */
export function isStatefulSetReady(resource: Resource<'StatefulSet'>, pods: readonly OwnedPod[]): boolean {
  const { replicas, templateText, minReadySeconds } = resource.content;
  const own = pods.filter(({ owner }) => owner === ownerOf(resource));
  const revision = revisionOf(templateText);
  return (
    own.length === replicas && own.every((one) => one.revision === revision && isAvailable(one.pod, minReadySeconds))
  );
}

/** How a Job stands. */
export type JobState = 'active' | 'complete' | 'failed';

/** Makes the pod of a Job, and another one as long as it may fail. */
export function stepJob(resource: Resource<'Job'>, pods: readonly OwnedPod[], ageMs: number, make: MakePod): JobState {
  const { content, namespace, name } = resource;
  const own = pods.filter(({ owner }) => owner === ownerOf(resource));
  if (own.some(({ pod }) => pod.phase === 'Succeeded')) return 'complete';
  const restarts = own.flatMap(({ pod }) => pod.containers).reduce((sum, { restarts: of }) => sum + of, 0);
  const failures = own.filter(({ pod }) => pod.phase === 'Failed').length + restarts;
  const { activeDeadlineSeconds = Number.POSITIVE_INFINITY } = content;
  if (failures > content.backoffLimit || ageMs > activeDeadlineSeconds * 1000) {
    for (const { pod } of own) if (pod.phase === 'Running') void pod.delete();
    return 'failed';
  }
  if (own.some(({ pod }) => pod.phase === 'Pending' || pod.phase === 'Running')) return 'active';
  const { labels, spec } = content.template;
  if (spec.restartPolicy === 'Always') throw new Error(`the pods of Job ${name} would never end`);
  const labelled = { ...labels, 'batch.kubernetes.io/job-name': name, 'job-name': name };
  make({ owner: ownerOf(resource), revision: '', namespace, name: `${name}-`, labels: labelled, spec });
  return 'active';
}

/** Names a resource that owns pods. */
export function ownerOf({ kind, namespace, name }: Pick<Resource, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`;
}

function isAvailable(pod: Pod, minReadySeconds: number): boolean {
  return pod.isReady && performance.now() - (pod.readySinceMs ?? Number.POSITIVE_INFINITY) >= minReadySeconds * 1000;
}

function revisionOf(templateText: string): string {
  return createHash('sha256').update(templateText).digest('hex').slice(0, 10);
}
