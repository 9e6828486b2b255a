import type { Account, SecretRequest } from './api-server.ts';
import { type Contents, isA, type Kind, parseManifest, type Resource } from './manifests/documents.ts';
import { isObject } from './manifests/reading.ts';

/** What is asked for: the resources of the cluster, and their manifests as they were given. */
export interface ResourceStore {
  put(document: unknown): Resource;
  remove(kind: Kind, namespace: string, name: string): void;
  find<K extends Kind>(kind: K, namespace: string, name: string): Resource<K> | undefined;
  /** @throws Error when there is none. */
  document(kind: Kind, namespace: string, name: string): Record<string, unknown>;
  /** The manifest of a Secret as the API gives it out: all that it holds is `data`. */
  findSecret(namespace: string, name: string): Record<string, unknown> | undefined;
  all<K extends Kind>(kind: K): readonly Resource<K>[];
  /** Whether roles give an account the right to do this to Secrets. */
  isAllowed(account: Account, request: SecretRequest): boolean;
}

/** Creates an empty {@link ResourceStore}. */
export function createResourceStore(): ResourceStore {
  const entries = new Map<string, { readonly resource: Resource; readonly document: Record<string, unknown> }>();
  const keyOf = (kind: Kind, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;
  const find = <K extends Kind>(kind: K, namespace: string, name: string): Resource<K> | undefined => {
    const found = entries.get(keyOf(kind, namespace, name))?.resource;
    return found !== undefined && isA(kind, found) ? found : undefined;
  };
  const all = <K extends Kind>(kind: K): Resource<K>[] =>
    [...entries.values()].map(({ resource }) => resource).filter((resource) => isA(kind, resource));
  return {
    find,
    all,
    put(document) {
      const resource = parseManifest(document);
      if (!isObject(document)) throw new Error('a manifest is an object');
      if (isA('Secret', resource)) checkSecret(resource);
      entries.set(keyOf(resource.kind, resource.namespace, resource.name), { resource, document });
      return resource;
    },
    remove: (kind, namespace, name) => void entries.delete(keyOf(kind, namespace, name)),
    document(kind, namespace, name) {
      const found = entries.get(keyOf(kind, namespace, name));
      if (found === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
      return structuredClone(found.document);
    },
    findSecret(namespace, name) {
      const document = entries.get(keyOf('Secret', namespace, name))?.document;
      return document === undefined ? undefined : withData(document);
    },
    isAllowed(account, { verb, namespace, name }) {
      const bound = all('RoleBinding').filter(
        (binding) =>
          binding.namespace === namespace &&
          binding.content.accounts.some(
            (one) => one.name === account.name && (one.namespace ?? namespace) === account.namespace,
          ),
      );
      const rules = bound.flatMap(({ content }) => find('Role', namespace, content.roleName)?.content.rules ?? []);
      return rules.some(
        (rule) =>
          rule.apiGroups.includes('') &&
          rule.resources.includes('secrets') &&
          rule.verbs.includes(verb) &&
          // A name that is not there yet cannot be allowed by name.
          (rule.resourceNames.length === 0 || (name !== '' && rule.resourceNames.includes(name))),
      );
    },
  };
}

function checkSecret({
  name,
  content: { type, data },
}: Resource<'Secret'> & { readonly content: Contents['Secret'] }): void {
  if (type === 'kubernetes.io/tls' && (data['tls.crt'] === undefined || data['tls.key'] === undefined)) {
    throw new Error(`Secret ${name} is of ${type}, but has no tls.crt or tls.key`);
  }
}

function withData(document: Record<string, unknown>): Record<string, unknown> {
  const { stringData, data, ...rest } = document;
  const plain = Object.entries(isObject(stringData) ? stringData : {});
  const encoded = plain.map(([name, value]) => [name, Buffer.from(String(value)).toString('base64')]);
  return { ...rest, data: { ...(isObject(data) ? data : {}), ...Object.fromEntries(encoded) } };
}
