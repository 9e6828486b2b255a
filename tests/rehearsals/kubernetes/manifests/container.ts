import { execAction, type Probe, probe } from './probe.ts';
import { bytes, millicores } from './quantities.ts';
import { count, type Fields, flag, list, object, oneOf, only, type Parser, text } from './reading.ts';
import { type SecurityContext, securityContext } from './security.ts';

/** Where the value of a variable comes from. */
export type VariableValue =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'field'; readonly field: string }
  | {
      readonly kind: 'configMap' | 'secret';
      readonly name: string;
      readonly key: string;
      readonly isOptional: boolean;
    };

/** What is done in a container before it is told to end. */
export type PreStop =
  | { readonly kind: 'sleep'; readonly seconds: number }
  | { readonly kind: 'exec'; readonly command: readonly string[] };

/** A container of a pod. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[] | undefined;
  readonly workingDir: string | undefined;
  readonly env: readonly { readonly name: string; readonly from: VariableValue }[];
  readonly ports: readonly { readonly name: string | undefined; readonly port: number }[];
  readonly mounts: readonly {
    readonly volume: string;
    readonly path: string;
    readonly isReadOnly: boolean;
    readonly subPath: string | undefined;
  }[];
  readonly limits: Resources;
  readonly requests: Resources;
  readonly security: SecurityContext;
  readonly startup: Probe | undefined;
  readonly liveness: Probe | undefined;
  readonly readiness: Probe | undefined;
  readonly preStop: PreStop | undefined;
}

interface Resources {
  readonly cpuMillicores: number | undefined;
  readonly memoryBytes: number | undefined;
}

const resources: Parser<Resources> = object((fields) => {
  fields.optional('ephemeral-storage', bytes);
  return { cpuMillicores: fields.optional('cpu', millicores), memoryBytes: fields.optional('memory', bytes) };
});

const NO_RESOURCES: Resources = { cpuMillicores: undefined, memoryBytes: undefined };

const bothResources = object((fields) => ({
  limits: fields.either('limits', resources, NO_RESOURCES),
  requests: fields.either('requests', resources, NO_RESOURCES),
}));

const port = object((fields) => {
  fields.optional('protocol', only('TCP'));
  return { name: fields.optional('name', text), port: fields.required('containerPort', count) };
});

const mount = object((fields) => ({
  volume: fields.required('name', text),
  path: fields.required('mountPath', text),
  isReadOnly: fields.either('readOnly', flag, false),
  subPath: fields.optional('subPath', text),
}));

function reference(kind: 'configMap' | 'secret'): Parser<VariableValue> {
  return object((fields) => ({
    kind,
    name: fields.required('name', text),
    key: fields.required('key', text),
    isOptional: fields.either('optional', flag, false),
  }));
}

const variable = object((fields, path) => {
  const name = fields.required('name', text);
  const value = fields.optional('value', text);
  const from = fields.optional('valueFrom', object(valueFrom));
  if (value !== undefined && from !== undefined) throw new Error(`${path} has two values`);
  return { name, from: from ?? { kind: 'value' as const, value: value ?? '' } };
});

function valueFrom(fields: Fields, path: string): VariableValue {
  const field: Parser<VariableValue> = object((one) => {
    one.optional('apiVersion', only('v1'));
    return { kind: 'field', field: one.required('fieldPath', text) };
  });
  const found =
    fields.optional('fieldRef', field) ??
    fields.optional('configMapKeyRef', reference('configMap')) ??
    fields.optional('secretKeyRef', reference('secret'));
  if (found === undefined) throw new Error(`${path} has no source`);
  return found;
}

const preStop: Parser<PreStop> = object((fields, path) => {
  const sleep = object((one) => ({ kind: 'sleep' as const, seconds: one.required('seconds', count) }));
  const found = fields.optional('sleep', sleep) ?? fields.optional('exec', execAction);
  if (found === undefined) throw new Error(`${path} says nothing`);
  return found;
});

/** A container. */
export const container: Parser<Container> = object((fields) => {
  fields.optional('imagePullPolicy', oneOf('IfNotPresent', 'Never'));
  // Whoever looks at the status of a pod.
  fields.without('terminationMessagePolicy', 'terminationMessagePath');
  const { limits, requests } = fields.either('resources', bothResources, {
    limits: NO_RESOURCES,
    requests: NO_RESOURCES,
  });
  return {
    name: fields.required('name', text),
    image: fields.required('image', text),
    command: fields.optional('command', list(text)),
    args: fields.optional('args', list(text)),
    workingDir: fields.optional('workingDir', text),
    env: fields.either('env', list(variable), []),
    ports: fields.either('ports', list(port), []),
    mounts: fields.either('volumeMounts', list(mount), []),
    limits,
    requests,
    security: fields.either('securityContext', securityContext, {}),
    startup: fields.optional('startupProbe', probe),
    liveness: fields.optional('livenessProbe', probe),
    readiness: fields.optional('readinessProbe', probe),
    preStop: fields.optional(
      'lifecycle',
      object((lifecycle) => lifecycle.optional('preStop', preStop)),
    ),
  };
});
