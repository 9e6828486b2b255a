import { type Container, container } from './container.ts';
import { anything, count, flag, list, object, oneOf, type Parser, text } from './reading.ts';
import { podSecurityContext, type SecurityContext } from './security.ts';
import { type Labels, labels } from './selectors.ts';
import { type Volume, volume } from './volume.ts';

/** What a pod is to be. */
export interface PodSpec {
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly serviceAccountName: string;
  readonly automountToken: boolean | undefined;
  readonly hasServiceLinks: boolean;
  readonly security: SecurityContext;
  readonly terminationGraceSeconds: number;
  readonly hostname: string | undefined;
}

/** Pods as a controller makes them. */
export interface PodTemplate {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly spec: PodSpec;
}

const spreadConstraint = object((fields) => {
  // There is one zone and one machine, so pods are always spread as evenly as can be.
  fields.required('topologyKey', text);
  fields.required('whenUnsatisfiable', oneOf('ScheduleAnyway', 'DoNotSchedule'));
  fields.without('labelSelector', 'matchLabelKeys', 'maxSkew', 'minDomains');
});

const podAntiAffinity = object((fields) => {
  fields.optional('preferredDuringSchedulingIgnoredDuringExecution', list(anything));
});

const affinity = object((fields) => fields.optional('podAntiAffinity', podAntiAffinity));

/** The specification of a pod. */
export const podSpec: Parser<PodSpec> = object((fields) => {
  fields.optional('topologySpreadConstraints', list(spreadConstraint));
  fields.optional('affinity', affinity);
  fields.optional('dnsPolicy', oneOf('ClusterFirst'));
  fields.optional('schedulerName', oneOf('default-scheduler'));
  fields.without('priorityClassName');
  return {
    initContainers: fields.either('initContainers', list(container), []),
    containers: fields.required('containers', list(container)),
    volumes: fields.either('volumes', list(volume), []),
    restartPolicy: fields.either('restartPolicy', oneOf('Always', 'OnFailure', 'Never'), 'Always'),
    serviceAccountName: fields.either('serviceAccountName', text, 'default'),
    automountToken: fields.optional('automountServiceAccountToken', flag),
    hasServiceLinks: fields.either('enableServiceLinks', flag, true),
    security: fields.either('securityContext', podSecurityContext, {}),
    terminationGraceSeconds: fields.either('terminationGracePeriodSeconds', count, 30),
    hostname: fields.optional('hostname', text),
  };
});

/** A template of pods. */
export const podTemplate: Parser<PodTemplate> = object((fields) => {
  const metadata = object((one) => ({
    labels: one.either('labels', labels, {}),
    annotations: one.either('annotations', labels, {}),
  }));
  return { ...fields.either('metadata', metadata, NO_METADATA), spec: fields.required('spec', podSpec) };
});

const NO_METADATA = { labels: {}, annotations: {} };
