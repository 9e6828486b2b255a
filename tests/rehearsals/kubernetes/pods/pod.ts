import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerHost } from '@tessera/testkit';
import { CLUSTER_DOMAIN, NAME_SERVER, NODE_ADDRESS } from '../addresses.ts';
import type { Container } from '../manifests/container.ts';
import type { PodSpec } from '../manifests/pod.ts';
import type { Labels } from '../manifests/selectors.ts';
import type { PodInterface, PodNetwork } from '../network/pod-network.ts';
import { containerArguments } from './container-arguments.ts';
import { type ContainerRun, imageFacts, startContainer } from './container-run.ts';
import { ACCOUNT_VOLUME, createPodVolumes, type PodVolumes } from './pod-volumes.ts';
import { createSupervisedContainer, type SupervisedContainer } from './supervised-container.ts';
import { variablesOf } from './variables.ts';
import { MissingSourceError, type PodFacts, type PodSources } from './volume-files.ts';

/** A pod to run. */
export interface PodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly spec: PodSpec;
  /** Unique among all pods that ever were. */
  readonly uid: string;
  readonly hasAccount: boolean;
  readonly host: ContainerHost;
  /** Ids by the names that manifests have for them. */
  readonly images: ReadonlyMap<string, string>;
  readonly network: PodNetwork;
  readonly cluster: PodSources;
  /** Of the run; the pod has a folder of its own there. */
  readonly folder: string;
  /** It is not as it was. */
  readonly onChange: (event: string) => void;
}

/** A running pod. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly spec: PodSpec;
  /** Empty until it has one. */
  readonly address: string;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly isReady: boolean;
  /** When it became ready, in milliseconds of `performance.now()`. */
  readonly readySinceMs: number | undefined;
  readonly isTerminating: boolean;
  readonly containers: readonly SupervisedContainer[];
  /** Settles when nothing of it is left. Never rejects. */
  readonly gone: Promise<void>;
  /** Ends it within its grace. */
  delete(): Promise<void>;
  /** Brings the files of ConfigMaps and Secrets up to date. */
  refresh(): Promise<void>;
  /** A few lines for whoever asks why. */
  describe(): string;
}

const SOURCES_PAUSE_MS = 100;
const KEPT_OUTPUT = 4000;
const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How a pod is doing. */
interface Progress {
  phase: Pod['phase'];
  isTerminating: boolean;
  readySinceMs: number | undefined;
  readonly supervised: SupervisedContainer[];
  readonly events: string[];
  isReady(): boolean;
  readonly tell: (event: string) => void;
}

/** What a pod holds, and gives back when it ends. */
interface Holdings {
  line?: PodInterface;
  volumes?: PodVolumes;
}

/** Starts a pod. What goes wrong is in its phase and description. */
export function startPod(options: PodOptions): Pod {
  const { name, namespace, labels, spec } = options;
  const progress = createProgress(options);
  const { supervised, events, tell } = progress;
  const held: Holdings = {};
  const lived = live(options, progress, held).catch((error: unknown) => {
    progress.phase = 'Failed';
    tell(`it failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  const end = async (): Promise<void> => {
    await Promise.all(supervised.map((one) => one.stop(spec.terminationGraceSeconds)));
    await lived;
    await held.volumes?.remove();
    await held.line?.detach();
  };
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  return {
    name,
    namespace,
    labels,
    spec,
    gone,
    containers: supervised,
    get address() {
      return held.line?.address ?? '';
    },
    get phase() {
      return progress.phase;
    },
    get isReady() {
      return progress.isReady();
    },
    get readySinceMs() {
      return progress.readySinceMs;
    },
    get isTerminating() {
      return progress.isTerminating;
    },
    delete() {
      if (!progress.isTerminating) {
        progress.isTerminating = true;
        tell('it is terminating');
        void end()
          .catch((error: unknown) => tell(`it did not end well: ${String(error)}`))
          .then(resolve);
      }
      return gone;
    },
    refresh: async () => held.volumes?.refresh(),
    describe() {
      const state = `${name} ${progress.phase} ${progress.isReady() ? 'ready' : 'not ready'}`;
      return [state, ...events.slice(-12), ...lastWords(name, supervised)].join('\n');
    },
  };
}

function createProgress({ name, onChange }: PodOptions): Progress {
  const progress: Progress = {
    phase: 'Pending',
    isTerminating: false,
    readySinceMs: undefined,
    supervised: [],
    events: [],
    isReady: () =>
      progress.phase === 'Running' &&
      !progress.isTerminating &&
      progress.supervised.length > 0 &&
      progress.supervised.every((one) => one.isReady),
    tell(event) {
      progress.events.push(event);
      progress.readySinceMs = progress.isReady() ? (progress.readySinceMs ?? performance.now()) : undefined;
      onChange(`${name}: ${event}`);
    },
  };
  return progress;
}

async function live(options: PodOptions, progress: Progress, held: Holdings): Promise<void> {
  const { spec } = options;
  const { supervised, tell } = progress;
  const isOver = (): boolean => progress.isTerminating;
  held.line = await options.network.attach();
  const place = await preparePlace(options, held.line);
  const volumes = await untilSourcesExist(place, options, isOver, tell);
  if (volumes === undefined) return;
  held.volumes = volumes;
  const supervise: Supervise = (container, restartPolicy) =>
    createSupervisedContainer({
      container,
      restartPolicy,
      graceSeconds: spec.terminationGraceSeconds,
      address: place.address,
      start: (attempt) => startIn(place, options, container, volumes, attempt),
      onChange: tell,
    });
  if (!(await runFirstContainers(spec, supervise, supervised, isOver))) return;
  supervised.push(...spec.containers.map((container) => supervise(container, spec.restartPolicy)));
  progress.phase = 'Running';
  const codes = await Promise.all(supervised.map((one) => one.supervise()));
  progress.phase = codes.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  tell(`it is ${progress.phase}`);
}

type Supervise = (container: Container, restartPolicy: PodSpec['restartPolicy']) => SupervisedContainer;

/**
 * Runs the containers that come before the others, one after another.
 *
 * @param supervised holds the one that runs.
 * @returns whether the others may begin.
 */
async function runFirstContainers(
  { initContainers, restartPolicy }: PodSpec,
  supervise: Supervise,
  supervised: SupervisedContainer[],
  isOver: () => boolean,
): Promise<boolean> {
  for (const container of initContainers) {
    const first = supervise(container, restartPolicy === 'Never' ? 'Never' : 'OnFailure');
    supervised.push(first);
    const code = await first.supervise();
    supervised.pop();
    if (isOver()) return false;
    if (code !== 0) throw new Error(`the container ${container.name} failed before the others: ${first.output()}`);
  }
  return true;
}

function lastWords(name: string, containers: readonly SupervisedContainer[]): string[] {
  return containers.map((one) => `--- ${name} ${one.name}\n${one.output().slice(-KEPT_OUTPUT)}`);
}

/** What the containers of a pod share. */
interface Place {
  readonly folder: string;
  readonly address: string;
  readonly networkNamespace: string;
  readonly facts: PodFacts;
}

async function preparePlace(
  { name, namespace, labels, spec, uid, folder }: PodOptions,
  line: PodInterface,
): Promise<Place> {
  const own = join(folder, uid);
  await mkdir(join(own, 'volumes'), { recursive: true });
  const searches = [`${namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN].join(' ');
  await writeFile(join(own, 'resolv.conf'), `search ${searches}\nnameserver ${NAME_SERVER.service}\noptions ndots:5\n`);
  await writeFile(join(own, 'hosts'), `127.0.0.1\tlocalhost\n${line.address}\t${name}\n`);
  const facts: PodFacts = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'metadata.uid': uid,
    'status.podIP': line.address,
    'status.hostIP': NODE_ADDRESS,
    'spec.nodeName': 'node',
    'spec.serviceAccountName': spec.serviceAccountName,
    ...Object.fromEntries(Object.entries(labels).map(([label, value]) => [`metadata.labels['${label}']`, value])),
  };
  return { folder: own, address: line.address, networkNamespace: line.namespace, facts };
}

async function untilSourcesExist(
  place: Place,
  { spec, hasAccount, cluster }: PodOptions,
  isOver: () => boolean,
  tell: (event: string) => void,
): Promise<PodVolumes | undefined> {
  let said = '';
  while (!isOver()) {
    try {
      return await createPodVolumes(join(place.folder, 'volumes'), spec, hasAccount, cluster, place.facts);
    } catch (error) {
      if (!(error instanceof MissingSourceError)) throw error;
      if (error.message !== said) tell(error.message);
      said = error.message;
    }
    await delay(SOURCES_PAUSE_MS);
  }
  return undefined;
}

async function startIn(
  place: Place,
  { name, spec, uid, hasAccount, host, images, cluster }: PodOptions,
  container: Container,
  volumes: PodVolumes,
  attempt: number,
): Promise<ContainerRun> {
  const imageId = images.get(container.image);
  if (imageId === undefined) throw new Error(`there is no image ${container.image}`);
  const facts = await imageFacts(host, imageId);
  const account = hasAccount ? [{ from: volumes.folder(ACCOUNT_VOLUME), to: ACCOUNT_PATH, isReadOnly: true }] : [];
  const mounts = container.mounts.map(({ volume, path, isReadOnly, subPath }) => ({
    from: join(volumes.folder(volume), subPath ?? ''),
    to: path,
    isReadOnly,
  }));
  const own = ['hosts', 'resolv.conf'].map((file) => ({
    from: join(place.folder, file),
    to: `/etc/${file}`,
    isReadOnly: false,
  }));
  const containerName = `${uid}-${container.name}-${attempt}`;
  const args = containerArguments(container, {
    name: containerName,
    hostname: spec.hostname ?? name,
    networkNamespace: place.networkNamespace,
    podSecurity: spec.security,
    variables: variablesOf(container, spec.hasServiceLinks, cluster, place.facts),
    mounts: [...own, ...account, ...mounts],
    imageId,
    imageUser: facts.user,
  });
  return startContainer(host, containerName, args, facts.stopSignal);
}
