import { parseAllDocuments } from 'yaml';
import { type NetworkPolicySpec, networkPolicySpec, type ServiceSpec, serviceSpec } from './networking.ts';
import { type PodSpec, podSpec } from './pod.ts';
import { anything, type Fields, flag, isObject, map, object, type Parser, text } from './reading.ts';
import { type RoleBinding, type RoleRule, roleReference, roleRules, subjects } from './rights.ts';
import { type Labels, labels } from './selectors.ts';
import {
  claimSpec,
  type DeploymentSpec,
  deploymentSpec,
  type JobSpec,
  jobSpec,
  type StatefulSetSpec,
  statefulSetSpec,
} from './workloads.ts';

/** What each kind of resource says, beside its names. */
export interface Contents {
  readonly Namespace: object;
  readonly ConfigMap: { readonly data: Readonly<Record<string, Buffer>> };
  readonly Secret: { readonly data: Readonly<Record<string, Buffer>>; readonly type: string };
  readonly ServiceAccount: { readonly automountToken: boolean };
  readonly Role: { readonly rules: readonly RoleRule[] };
  readonly RoleBinding: RoleBinding;
  readonly Service: ServiceSpec;
  readonly NetworkPolicy: NetworkPolicySpec;
  readonly PersistentVolumeClaim: object;
  readonly Pod: { readonly spec: PodSpec };
  readonly Deployment: DeploymentSpec;
  readonly StatefulSet: StatefulSetSpec;
  readonly Job: JobSpec;
  readonly PodDisruptionBudget: object;
  readonly HorizontalPodAutoscaler: object;
}

/** A kind of resource that the cluster knows. */
export type Kind = keyof Contents;

/** A resource. */
export interface Resource<K extends Kind = Kind> {
  readonly kind: K;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly content: Contents[K];
}

interface Reader<K extends Kind> {
  readonly apiVersion: string;
  readonly read: (fields: Fields) => Contents[K];
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const nothing = (fields: Fields): object =>
  fields.either(
    'spec',
    object(() => ({})),
    {},
  );
/** Nobody evicts pods here, and nothing measures them: tests/manifests reads these. */
const elsewhere = (fields: Fields): object => ({ spec: fields.required('spec', anything) });
const spec =
  <T>(parse: Parser<T>) =>
  (fields: Fields): T =>
    fields.required('spec', parse);

const READERS: { readonly [K in Kind]: Reader<K> } = {
  Namespace: { apiVersion: 'v1', read: nothing },
  ConfigMap: { apiVersion: 'v1', read: (fields) => ({ data: data(fields, 'data', 'binaryData') }) },
  Secret: { apiVersion: 'v1', read: secret },
  ServiceAccount: {
    apiVersion: 'v1',
    read: (fields) => ({ automountToken: fields.either('automountServiceAccountToken', flag, true) }),
  },
  Role: { apiVersion: RBAC, read: (fields) => ({ rules: fields.required('rules', roleRules) }) },
  RoleBinding: {
    apiVersion: RBAC,
    read: (fields) => ({
      roleName: fields.required('roleRef', roleReference),
      accounts: fields.required('subjects', subjects),
    }),
  },
  Service: { apiVersion: 'v1', read: spec(serviceSpec) },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', read: spec(networkPolicySpec) },
  PersistentVolumeClaim: {
    apiVersion: 'v1',
    read: (fields) => {
      fields.required('spec', claimSpec);
      return {};
    },
  },
  Pod: { apiVersion: 'v1', read: (fields) => ({ spec: fields.required('spec', podSpec) }) },
  Deployment: { apiVersion: 'apps/v1', read: spec(deploymentSpec) },
  StatefulSet: { apiVersion: 'apps/v1', read: spec(statefulSetSpec) },
  Job: { apiVersion: 'batch/v1', read: spec(jobSpec) },
  PodDisruptionBudget: { apiVersion: 'policy/v1', read: elsewhere },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', read: elsewhere },
};

function secret(fields: Fields): Contents['Secret'] {
  return { type: fields.either('type', text, 'Opaque'), data: data(fields, 'stringData', 'data') };
}

function data(fields: Fields, plain: string, encoded: string): Record<string, Buffer> {
  fields.optional('immutable', flag);
  const texts = Object.entries(fields.either(plain, map(text), {}));
  const codes = Object.entries(fields.either(encoded, map(text), {}));
  return Object.fromEntries([
    ...codes.map(([name, value]) => [name, Buffer.from(value, 'base64')] as const),
    ...texts.map(([name, value]) => [name, Buffer.from(value)] as const),
  ]);
}

/** The resources of a stream of YAML documents; what names no namespace is of `default`. */
export function parseManifests(yaml: string): Resource[] {
  return documentsOf(yaml).map((document) => parseManifest(document));
}

/** The documents of a stream, read as Kubernetes reads YAML: as it was before 1.2. */
export function documentsOf(yaml: string): unknown[] {
  return parseAllDocuments(yaml, { version: '1.1' })
    .map((document) => document.toJS() as unknown)
    .filter((document) => document !== null);
}

/** The resource of one document. */
export function parseManifest(document: unknown): Resource {
  const kind = isObject(document) ? String(document['kind']) : '';
  if (!isKind(kind)) throw new Error(`the rehearsal's cluster knows no resources of the kind ${kind}`);
  const metadata = object((fields) => ({
    name: fields.required('name', text),
    namespace: kind === 'Namespace' ? '' : fields.either('namespace', text, 'default'),
    labels: fields.either('labels', labels, {}),
    annotations: fields.either('annotations', labels, {}),
  }));
  const name = isObject(document) && isObject(document['metadata']) ? String(document['metadata']['name']) : '';
  const parse = object((fields) => {
    fields.required('kind', text);
    const apiVersion = fields.required('apiVersion', text);
    const reader: Reader<Kind> = READERS[kind];
    if (apiVersion !== reader.apiVersion)
      throw new Error(`${kind} ${name} is of ${apiVersion}, not ${reader.apiVersion}`);
    return { kind, ...fields.required('metadata', metadata), content: reader.read(fields) };
  });
  return parse(document, `${kind} ${name}`);
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(READERS, kind);
}

/** Whether a resource is of a kind. */
export function isA<K extends Kind>(kind: K, resource: Resource): resource is Resource<K> {
  return resource.kind === kind;
}
