import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerHost } from '@tessera/testkit';
import type { Account } from '../api-server.ts';
import type { OwnedPod, PodRequest } from '../controllers/workloads.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { ResourceStore } from '../resource-store.ts';
import { type Pod, startPod } from './pod.ts';
import type { PodSources } from './volume-files.ts';

/** All pods of a cluster, and the accounts they have. */
export interface PodRegistry {
  readonly pods: ReadonlySet<OwnedPod>;
  readonly make: (request: PodRequest) => void;
  /** Whose token it is. */
  readonly findAccount: (token: string) => Account | undefined;
}

/** What a {@link PodRegistry} works with. */
export interface PodRegistryOptions {
  readonly host: ContainerHost;
  /** Ids by the names that manifests have for them. */
  readonly images: ReadonlyMap<string, string>;
  readonly network: PodNetwork;
  readonly resources: ResourceStore;
  /** The certificate of the authority of the API, PEM. */
  readonly authorityPem: string;
  /** Virtual addresses of a namespace's Services. */
  readonly services: (namespace: string) => ReturnType<PodSources['services']>;
  readonly onEvent: (event: string) => void;
}

/** Creates a {@link PodRegistry} without pods. */
export function createPodRegistry(options: PodRegistryOptions): PodRegistry {
  const { host, resources, onEvent } = options;
  const pods = new Set<OwnedPod>();
  const tokens = new Map<string, Account>();
  const tokenOf = (account: Account): string => {
    const known = [...tokens].find(
      ([, { namespace, name }]) => namespace === account.namespace && name === account.name,
    );
    const token = known?.[0] ?? randomBytes(32).toString('base64url');
    tokens.set(token, account);
    return token;
  };
  let made = 0;
  return {
    pods,
    findAccount: (token) => tokens.get(token),
    make(request) {
      const { namespace, spec, labels, owner, revision } = request;
      const { serviceAccountName: accountName } = spec;
      const account = resources.find('ServiceAccount', namespace, accountName);
      if (account === undefined && accountName !== 'default') {
        return onEvent(`${request.name} cannot be made: there is no ServiceAccount ${accountName}`);
      }
      made += 1;
      const name = request.name.endsWith('-')
        ? `${request.name}${randomBytes(3).toString('hex').slice(1)}`
        : request.name;
      const pod: Pod = startPod({
        name,
        namespace,
        labels,
        spec,
        uid: `pod${made}-${name}`,
        hasAccount: spec.automountToken ?? account?.content.automountToken ?? true,
        host,
        images: options.images,
        network: options.network,
        cluster: sourcesOf(options, namespace, () => tokenOf({ namespace, name: accountName })),
        folder: join(host.runFolder, 'pods'),
        onChange: onEvent,
      });
      const owned = { pod, owner, revision };
      pods.add(owned);
      void pod.gone.then(() => {
        pods.delete(owned);
        onEvent(`${name} is gone`);
      });
    },
  };
}

function sourcesOf(
  { host, resources, authorityPem, services }: PodRegistryOptions,
  namespace: string,
  token: () => string,
): PodSources {
  return {
    token,
    services: () => services(namespace),
    findData(kind, name) {
      if (kind === 'secret') return resources.find('Secret', namespace, name)?.content;
      if (name === 'kube-root-ca.crt') return { data: { 'ca.crt': Buffer.from(authorityPem) } };
      return resources.find('ConfigMap', namespace, name)?.content;
    },
    async claimFolder(name) {
      const folder = join(host.runFolder, 'claims', namespace, name);
      await mkdir(folder, { recursive: true });
      return folder;
    },
  };
}
