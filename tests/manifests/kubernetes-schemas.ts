import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { customResourceProblems } from './custom-resources.ts';
import { type Manifest, nameOf } from './manifest.ts';
import { schemaFolder } from './schema-folder.ts';

/** The versions of Kubernetes that the manifests are for: all of them are checked. */
export const KUBERNETES_VERSIONS = ['1.32', '1.33', '1.34', '1.35', '1.36', '1.37'] as const;

/** A version of Kubernetes. */
export type KubernetesVersion = (typeof KUBERNETES_VERSIONS)[number];

interface Definition {
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

/**
 * What the API of a Kubernetes version, or one of the custom resources used here, would refuse of resources: fields that it
 * does not know, missing ones, wrong types. Empty when it would take all.
 */
export async function validateResources(
  resources: readonly Manifest[],
  version: KubernetesVersion,
): Promise<readonly string[]> {
  const api = await apiOf(version);
  return resources.flatMap((resource) => {
    const validate = api(resource);
    const problems = validate === undefined ? customResourceProblems(resource) : problemsOf(validate, resource);
    return problems.map((problem) => `${nameOf(resource)}: ${problem}`);
  });
}

type Api = (resource: Manifest) => ValidateFunction | undefined;

const apis = new Map<KubernetesVersion, Promise<Api>>();

function apiOf(version: KubernetesVersion): Promise<Api> {
  const known = apis.get(version);
  if (known !== undefined) return known;
  const opened = openApi(version);
  apis.set(version, opened);
  return opened;
}

async function openApi(version: KubernetesVersion): Promise<Api> {
  const text = await readFile(join(await schemaFolder(), `${version}.json`), 'utf8');
  const { $defs: definitions } = JSON.parse(text) as { readonly $defs: Readonly<Record<string, Definition>> };
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $defs: definitions }, version);
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version: of, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      names.set(`${group === '' ? '' : `${group}/`}${of} ${kind}`, name);
    }
  }
  return ({ apiVersion, kind }) => {
    const name = names.get(`${apiVersion} ${kind}`);
    return name === undefined ? undefined : ajv.getSchema(`${version}#/$defs/${name}`);
  };
}

function problemsOf(validate: ValidateFunction, resource: Manifest): readonly string[] {
  if (validate(resource)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath} ${message ?? ''} ${'additionalProperty' in params ? String(params['additionalProperty']) : ''}`.trim(),
  );
}
