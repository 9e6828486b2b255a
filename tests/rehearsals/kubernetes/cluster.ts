import { setTimeout as delay } from 'node:timers/promises';
import { type ContainerHost, createCertificateAuthority, waitFor } from '@tessera/testkit';
import { API, CLUSTER_DOMAIN, NAME_SERVER } from './addresses.ts';
import { startApiServer } from './api-server.ts';
import { createReconciler } from './controllers/reconciler.ts';
import { documentsOf, type Kind, parseManifests } from './manifests/documents.ts';
import { isObject } from './manifests/reading.ts';
import type { Labels } from './manifests/selectors.ts';
import { createEndpoints, type Endpoints } from './network/endpoints.ts';
import { startNameServer } from './network/name-server.ts';
import { syncNetwork } from './network/network-sync.ts';
import { type OpenPort, openNodePort } from './network/node-port.ts';
import { createPodNetwork } from './network/pod-network.ts';
import type { Pod } from './pods/pod.ts';
import { createPodRegistry, type PodRegistry } from './pods/pod-registry.ts';
import { createResourceStore, type ResourceStore } from './resource-store.ts';
import { createWaker, type Waker } from './waker.ts';

/** A cluster of one machine: it honours the manifests it is given with real containers, or says what it does not understand. */
export interface Cluster extends AsyncDisposable {
  /** Takes over the resources of a stream of YAML documents. @throws Error that names a field it does not know. */
  apply(yaml: string): void;
  /** Gives a resource another manifest. */
  change(kind: Kind, namespace: string, name: string, edit: (manifest: Record<string, unknown>) => void): void;
  /** Sets how many pods a Deployment or StatefulSet is to have. */
  scale(kind: 'Deployment' | 'StatefulSet', namespace: string, name: string, replicas: number): void;
  /** Replaces all pods of a Deployment or StatefulSet, as `kubectl rollout restart` does. */
  restart(kind: 'Deployment' | 'StatefulSet', namespace: string, name: string): void;
  /**
   * Waits until all Deployments, StatefulSets and Jobs have what they ask for.
   *
   * @throws Error that describes all pods when that takes too long.
   */
  settled(timeoutMs: number): Promise<void>;
  readonly resources: ResourceStore;
  /** Pods that have these labels, the oldest first. */
  pods(namespace: string, labels: Labels): readonly Pod[];
  /** Opens a port of 127.0.0.1 that leads to the NodePort of that number. */
  openPort(port: number, nodePort: number): Promise<void>;
  /** What happened, a line each with its second, the newest last. */
  readonly events: readonly string[];
  close(): Promise<void>;
}

const TICK_MS = 250;
const KEPT_EVENTS = 2_000;
const SHOWN_EVENTS = 60;

/**
 * Starts a cluster without resources on a container host. The process must have a network namespace of its own.
 *
 * @param images ids of images by the names that manifests have for them.
 */
export async function startCluster(host: ContainerHost, images: ReadonlyMap<string, string>): Promise<Cluster> {
  const network = await createPodNetwork();
  const resources = createResourceStore();
  const waker = createWaker();
  const events = createEvents(waker);
  const authority = await createCertificateAuthority('kubernetes');
  const registry: PodRegistry = createPodRegistry({
    host,
    images,
    network,
    resources,
    authorityPem: authority.caPem,
    services: (namespace) => servicesOf(resources, endpoints, namespace),
    onEvent: events.add,
  });
  const pods = (): Pod[] => [...registry.pods].map(({ pod }) => pod);
  const endpoints = createEndpoints(() => resources.all('Service'), pods);
  const reconciler = createReconciler(resources, registry.pods, registry.make);
  const certificate = await authority.issue({
    commonName: 'kube-apiserver',
    dnsNames: ['kubernetes', 'kubernetes.default', `kubernetes.default.svc.${CLUSTER_DOMAIN}`],
    ipAddresses: [API.service, API.address],
  });
  const api = await startApiServer(certificate, {
    findAccount: registry.findAccount,
    isAllowed: (account, request) => resources.isAllowed(account, request),
    findSecret: (namespace, name) => resources.findSecret(namespace, name),
    putSecret(manifest) {
      resources.put(manifest);
      waker.wake();
    },
  });
  const names = await startNameServer(NAME_SERVER.address, NAME_SERVER.port, endpoints.lookup);
  const work = async (): Promise<void> => {
    reconciler.step();
    await syncNetwork(resources, endpoints, pods());
    await Promise.all(pods().map((pod) => pod.refresh()));
  };
  await work();
  const life = keepWorking(work, waker, events.add);
  const openPorts: OpenPort[] = [];
  const close = async (): Promise<void> => {
    await life.end();
    for (const port of openPorts.splice(0)) await port.close();
    await endAll(pods());
    await names.close();
    await api.close();
  };
  return {
    ...orders(resources, waker),
    resources,
    events: events.lines,
    async settled(timeoutMs) {
      const what = 'the cluster to have what its manifests ask for';
      await waitFor(() => reconciler.isSettled(), { what, timeoutMs, intervalMs: 100 }).catch((cause: unknown) => {
        const description = [...events.lines.slice(-SHOWN_EVENTS), ...pods().map((pod) => pod.describe())].join('\n');
        throw new Error(`${String(cause)}\n${description}`, { cause });
      });
    },
    pods: (namespace, labels) =>
      pods().filter(
        (pod) =>
          pod.namespace === namespace && Object.entries(labels).every(([name, value]) => pod.labels[name] === value),
      ),
    async openPort(port, nodePort) {
      openPorts.push(await openNodePort(port, () => endpoints.ofNodePort(nodePort)));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a person does with `kubectl`. */
function orders(resources: ResourceStore, waker: Waker): Pick<Cluster, 'apply' | 'change' | 'scale' | 'restart'> {
  const change: Cluster['change'] = (kind, namespace, name, edit) => {
    const document = resources.document(kind, namespace, name);
    edit(document);
    resources.put(document);
    waker.wake();
  };
  return {
    change,
    apply(yaml) {
      // All is understood before any of it is done.
      parseManifests(yaml);
      for (const document of documentsOf(yaml)) resources.put(document);
      waker.wake();
    },
    scale: (kind, namespace, name, replicas) =>
      change(kind, namespace, name, (manifest) => {
        child(manifest, 'spec')['replicas'] = replicas;
      }),
    restart: (kind, namespace, name) =>
      change(kind, namespace, name, (manifest) => {
        const metadata = child(child(child(manifest, 'spec'), 'template'), 'metadata');
        child(metadata, 'annotations')['kubectl.kubernetes.io/restartedAt'] = String(performance.now());
      }),
  };
}

interface Events {
  readonly lines: string[];
  readonly add: (event: string) => void;
}

function createEvents(waker: Waker): Events {
  const startedMs = performance.now();
  const lines: string[] = [];
  return {
    lines,
    add(event) {
      lines.push(`${((performance.now() - startedMs) / 1000).toFixed(1)} ${event}`);
      if (lines.length > KEPT_EVENTS) lines.shift();
      waker.wake();
    },
  };
}

/** Works whenever something has happened, and now and then because time passes. */
function keepWorking(work: () => Promise<void>, waker: Waker, tell: (event: string) => void): { end(): Promise<void> } {
  let isEnding = false;
  let complaint = '';
  const live = async (): Promise<void> => {
    while (!isEnding) {
      try {
        await work();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== complaint) tell(`the cluster itself failed: ${message}`);
        complaint = message;
        await delay(TICK_MS);
      }
      await waker.next(TICK_MS);
    }
  };
  const lived = live();
  return {
    async end() {
      isEnding = true;
      waker.wake();
      await lived;
    },
  };
}

/** No grace: what is tested is over. */
async function endAll(pods: readonly Pod[]): Promise<void> {
  const ending = pods.map((pod) => pod.delete());
  await Promise.all(pods.flatMap(({ containers }) => containers).map(async ({ run }) => run?.remove()));
  await Promise.all(ending);
}

function servicesOf(resources: ResourceStore, endpoints: Endpoints, namespace: string) {
  return resources
    .all('Service')
    .filter((service) => service.namespace === namespace && !service.content.isHeadless)
    .map((service) => ({
      name: service.name,
      address: endpoints.virtualAddress(service),
      ports: service.content.ports,
    }));
}

/** The object of that name, made if it is not there. */
function child(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const found = parent[name];
  if (isObject(found)) return found;
  const created: Record<string, unknown> = {};
  parent[name] = created;
  return created;
}
