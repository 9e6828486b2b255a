import { type PodTemplate, podTemplate } from './pod.ts';
import { bytes } from './quantities.ts';
import { anything, count, countOrText, flag, list, object, oneOf, only, type Parser, text } from './reading.ts';
import { type LabelSelector, type Labels, labelSelector, labels } from './selectors.ts';

/** What a Deployment asks for. */
export interface DeploymentSpec {
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  /** As it stands in the manifest: pods of equal templates are of one version. */
  readonly templateText: string;
  readonly minReadySeconds: number;
  readonly strategy:
    | { readonly type: 'Recreate' }
    | {
        readonly type: 'RollingUpdate';
        readonly maxSurge: number | string;
        readonly maxUnavailable: number | string;
      };
}

/** What a StatefulSet asks for. */
export interface StatefulSetSpec {
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly serviceName: string;
  readonly template: PodTemplate;
  readonly templateText: string;
  readonly isParallel: boolean;
  readonly minReadySeconds: number;
  /** Names of the volumes that each pod has a claim of its own for. */
  readonly claims: readonly { readonly name: string; readonly labels: Labels }[];
}

/** What a Job asks for. */
export interface JobSpec {
  readonly template: PodTemplate;
  readonly backoffLimit: number;
  readonly activeDeadlineSeconds: number | undefined;
  readonly ttlSecondsAfterFinished: number | undefined;
}

const ROLLING = { type: 'RollingUpdate', maxSurge: '25%', maxUnavailable: '25%' } as const;

const rollingUpdate = object((fields) => ({
  maxSurge: fields.either('maxSurge', countOrText, ROLLING.maxSurge),
  maxUnavailable: fields.either('maxUnavailable', countOrText, ROLLING.maxUnavailable),
}));

const strategy: Parser<DeploymentSpec['strategy']> = object((fields) => {
  const type = fields.either('type', oneOf('Recreate', 'RollingUpdate'), 'RollingUpdate');
  const rolling = fields.either('rollingUpdate', rollingUpdate, ROLLING);
  return type === 'Recreate' ? { type } : { type, maxSurge: rolling.maxSurge, maxUnavailable: rolling.maxUnavailable };
});

/** The `spec` of a Deployment. */
export const deploymentSpec: Parser<DeploymentSpec> = object((fields) => {
  // What is kept of the past, and how soon somebody is told that it takes long.
  fields.without('revisionHistoryLimit', 'progressDeadlineSeconds');
  return {
    replicas: fields.either('replicas', count, 1),
    selector: fields.required('selector', labelSelector),
    template: fields.required('template', podTemplate),
    templateText: JSON.stringify(fields.required('template', anything)),
    minReadySeconds: fields.either('minReadySeconds', count, 0),
    strategy: fields.either('strategy', strategy, ROLLING),
  };
});

/** The `spec` of a claim of storage. How much it may hold is not enforced. */
export const claimSpec = object((fields) => {
  fields.required('accessModes', list(oneOf('ReadWriteOnce')));
  fields.without('storageClassName');
  const requests = object((one) => one.required('storage', bytes));
  fields.required(
    'resources',
    object((one) => one.required('requests', requests)),
  );
  fields.optional('volumeMode', only('Filesystem'));
});

const claimTemplate = object((fields) => {
  fields.without('apiVersion', 'kind', 'status');
  fields.required('spec', claimSpec);
  return fields.required(
    'metadata',
    object((one) => {
      one.without('annotations');
      return { name: one.required('name', text), labels: one.either('labels', labels, {}) };
    }),
  );
});

/** The `spec` of a StatefulSet. */
export const statefulSetSpec: Parser<StatefulSetSpec> = object((fields) => {
  fields.without('revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy');
  fields.optional(
    'updateStrategy',
    object((one) => one.optional('type', only('RollingUpdate'))),
  );
  return {
    replicas: fields.either('replicas', count, 1),
    selector: fields.required('selector', labelSelector),
    serviceName: fields.either('serviceName', text, ''),
    template: fields.required('template', podTemplate),
    templateText: JSON.stringify(fields.required('template', anything)),
    isParallel: fields.either('podManagementPolicy', oneOf('OrderedReady', 'Parallel'), 'OrderedReady') === 'Parallel',
    minReadySeconds: fields.either('minReadySeconds', count, 0),
    claims: fields.either('volumeClaimTemplates', list(claimTemplate), []),
  };
});

/** The `spec` of a Job. */
export const jobSpec: Parser<JobSpec> = object((fields) => {
  fields.optional('suspend', only(false));
  fields.optional('manualSelector', flag);
  for (const name of ['completions', 'parallelism']) {
    fields.optional(name, (value, path) => {
      if (value !== 1) throw new Error(`${path} is not 1`);
    });
  }
  return {
    template: fields.required('template', podTemplate),
    backoffLimit: fields.either('backoffLimit', count, 6),
    activeDeadlineSeconds: fields.optional('activeDeadlineSeconds', count),
    ttlSecondsAfterFinished: fields.optional('ttlSecondsAfterFinished', count),
  };
});
