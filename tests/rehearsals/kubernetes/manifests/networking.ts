import { count, countOrText, flag, list, object, oneOf, only, type Parser, text } from './reading.ts';
import { type LabelSelector, type Labels, labelSelector, labels } from './selectors.ts';

/** One port of a Service. */
export interface ServicePort {
  readonly name: string | undefined;
  readonly port: number;
  /** Number, or name of a port of the pods. */
  readonly target: number | string;
  readonly nodePort: number | undefined;
}

/** What a Service asks for. */
export interface ServiceSpec {
  readonly selector: Labels;
  readonly ports: readonly ServicePort[];
  readonly isHeadless: boolean;
  readonly hasUnreadyPods: boolean;
}

const servicePort: Parser<ServicePort> = object((fields) => {
  fields.optional('protocol', only('TCP'));
  fields.optional('appProtocol', text);
  const port = fields.required('port', count);
  return {
    name: fields.optional('name', text),
    port,
    target: fields.either('targetPort', countOrText, port),
    nodePort: fields.optional('nodePort', count),
  };
});

/** The `spec` of a Service. */
export const serviceSpec: Parser<ServiceSpec> = object((fields) => {
  fields.optional('type', oneOf('ClusterIP', 'NodePort'));
  fields.optional('sessionAffinity', only('None'));
  fields.optional('internalTrafficPolicy', only('Cluster'));
  fields.optional('externalTrafficPolicy', only('Cluster'));
  return {
    selector: fields.required('selector', labels),
    ports: fields.required('ports', list(servicePort)),
    isHeadless: fields.optional('clusterIP', only('None')) !== undefined,
    hasUnreadyPods: fields.either('publishNotReadyAddresses', flag, false),
  };
});

/** Another side of a connection. */
export type PolicyPeer =
  | { readonly kind: 'block'; readonly cidr: string; readonly except: readonly string[] }
  | {
      readonly kind: 'pods';
      readonly pods: LabelSelector | undefined;
      /** Those of the policy's own namespace when left out. */
      readonly namespaces: LabelSelector | undefined;
    };

/** Connections that are allowed. No peers, or no ports: all of them. */
export interface PolicyRule {
  readonly peers: readonly PolicyPeer[];
  readonly ports: readonly PolicyPort[];
}

/** Ports of one protocol; all of it without a port. */
export interface PolicyPort {
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number | string | undefined;
  readonly endPort: number | undefined;
}

/** What a NetworkPolicy allows to the pods it selects. */
export interface NetworkPolicySpec {
  readonly pods: LabelSelector;
  /** Undefined: says nothing of this direction. */
  readonly ingress: readonly PolicyRule[] | undefined;
  readonly egress: readonly PolicyRule[] | undefined;
}

const block = object((fields) => ({
  kind: 'block' as const,
  cidr: fields.required('cidr', text),
  except: fields.either('except', list(text), []),
}));

const peer: Parser<PolicyPeer> = object((fields, path) => {
  const blocked = fields.optional('ipBlock', block);
  const pods = fields.optional('podSelector', labelSelector);
  const namespaces = fields.optional('namespaceSelector', labelSelector);
  const isEmpty = pods === undefined && namespaces === undefined;
  if ((blocked === undefined) === isEmpty) throw new Error(`${path} names nothing, or both pods and addresses`);
  return blocked ?? { kind: 'pods', pods, namespaces };
});

const policyPort: Parser<PolicyPort> = object((fields) => ({
  protocol: fields.either('protocol', oneOf('TCP', 'UDP'), 'TCP'),
  port: fields.optional('port', countOrText),
  endPort: fields.optional('endPort', count),
}));

function rules(peers: 'from' | 'to'): Parser<readonly PolicyRule[]> {
  return list(
    object((fields) => ({
      peers: fields.either(peers, list(peer), []),
      ports: fields.either('ports', list(policyPort), []),
    })),
  );
}

/** The `spec` of a NetworkPolicy. */
export const networkPolicySpec: Parser<NetworkPolicySpec> = object((fields) => {
  const ingress = fields.optional('ingress', rules('from'));
  const egress = fields.optional('egress', rules('to'));
  const types = fields.optional('policyTypes', list(oneOf('Ingress', 'Egress'))) ?? [
    'Ingress' as const,
    ...(egress === undefined ? [] : ['Egress' as const]),
  ];
  return {
    pods: fields.required('podSelector', labelSelector),
    ingress: types.includes('Ingress') ? (ingress ?? []) : undefined,
    egress: types.includes('Egress') ? (egress ?? []) : undefined,
  };
});
