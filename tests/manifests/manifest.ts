import { parseAllDocuments } from 'yaml';

/** A Kubernetes resource as rendered. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [key: string]: unknown;
}

/** What a resource is called and marked with. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
}

/** Labels or annotations. */
export type Labels = Readonly<Record<string, string>>;

/** What a pod is made from. */
export interface PodTemplate {
  /** `Deployment tessera-token`, for messages. */
  readonly owner: string;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

/** The parts of a pod's specification that rules are about. */
export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly priorityClassName?: string;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly [key: string]: unknown;
}

/** A container of a pod. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly envFrom?: readonly unknown[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
  readonly [key: string]: unknown;
}

/** A volume of a pod. */
export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string; readonly optional?: boolean };
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly [key: string]: unknown;
}

/** The resources in a stream of YAML documents, read as Kubernetes does: by YAML 1.1. Throws Error when one is not YAML. */
export function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value: unknown = document.toJS();
    return value === null ? [] : [value as Manifest];
  });
}

/** The pods that resources make. */
export function podTemplates(resources: readonly Manifest[]): readonly PodTemplate[] {
  return resources.flatMap((resource) => {
    const template = (resource as { readonly spec?: { readonly template?: { metadata?: Metadata; spec?: PodSpec } } })
      .spec?.template;
    if (template?.spec === undefined) return [];
    return [{ owner: nameOf(resource), labels: template.metadata?.labels ?? {}, spec: template.spec }];
  });
}

/** `Deployment tessera-token`. */
export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** Selects by labels, as in `spec.selector` of most kinds. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Whether a selector selects what has the labels; an empty one selects everything. Throws Error for an operator but `In`. */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`the operator ${operator} of a selector is not known here`);
      return values.includes(labels[key] ?? '');
    })
  );
}
