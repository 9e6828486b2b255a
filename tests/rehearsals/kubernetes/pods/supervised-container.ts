import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from '../manifests/container.ts';
import type { PodSpec } from '../manifests/pod.ts';
import type { ContainerRun } from './container-run.ts';
import { keepProbing, type ProbeTarget } from './probing.ts';

/** A container that is started again when it ends, as its pod wants it. */
export interface SupervisedContainer {
  readonly name: string;
  readonly isReady: boolean;
  readonly restarts: number;
  /** What is running now. */
  readonly run: ContainerRun | undefined;
  /** What was printed, also by those that ended. */
  output(): string;
  /** Settles with the last code when it is not to be started again. */
  supervise(): Promise<number>;
  /** Ends it: `preStop`, its image's signal, and SIGKILL when the grace is over. It is not started again. */
  stop(graceSeconds: number): Promise<void>;
}

/** What a {@link SupervisedContainer} needs of its pod. */
export interface Supervision {
  readonly container: Container;
  readonly restartPolicy: PodSpec['restartPolicy'];
  readonly graceSeconds: number;
  readonly address: string;
  /** Starts it for the so-many-th time. */
  start(attempt: number): Promise<ContainerRun>;
  /** It became ready, or is no more; or it ended. */
  onChange(event: string): void;
}

const FIRST_BACK_OFF_MS = 10_000;
const MOST_BACK_OFF_MS = 300_000;
const FORGIVEN_AFTER_MS = 600_000;
const KEPT_OUTPUT = 64 * 1024;

/** Creates a {@link SupervisedContainer}, which begins with `supervise`. */
export function createSupervisedContainer(supervision: Supervision): SupervisedContainer {
  const { container } = supervision;
  const ending = new AbortController();
  let [isReady, attempt, printed, backOffMs] = [false, 0, '', 0];
  let run: ContainerRun | undefined;
  const setReady = (value: boolean, why: string): void => {
    if (isReady === value) return;
    isReady = value;
    supervision.onChange(`${container.name} is ${value ? 'ready' : 'not ready'}${why}`);
  };
  const once = async (): Promise<number> => {
    const started = await supervision.start(attempt);
    const probes = new AbortController();
    const startedMs = performance.now();
    run = started;
    if (ending.signal.aborted) await started.remove();
    else watch(started, probes.signal);
    const code = await started.exited;
    probes.abort();
    setReady(false, `: it ended with code ${code}`);
    printed = `${printed}${started.output()}`.slice(-KEPT_OUTPUT);
    run = undefined;
    if (performance.now() - startedMs > FORGIVEN_AFTER_MS) backOffMs = 0;
    supervision.onChange(`${container.name} ended with code ${code}`);
    return code;
  };
  const watch = (started: ContainerRun, signal: AbortSignal): void => {
    const target = probeTarget(container, supervision.address, started);
    const giveUp = (reason: string): void => {
      supervision.onChange(`${container.name} is to be started again: ${reason}`);
      void end(container, started, supervision.graceSeconds);
    };
    const afterStart = (): void => {
      const { liveness, readiness } = container;
      if (liveness !== undefined) {
        void keepProbing(liveness, target, { onSuccess: () => undefined, onFailure: giveUp }, signal);
      }
      if (readiness === undefined) {
        setReady(true, '');
        return;
      }
      const onFailure = (reason: string): void => setReady(false, `: ${reason}`);
      void keepProbing(readiness, target, { onSuccess: () => setReady(true, ''), onFailure }, signal);
    };
    const { startup } = container;
    if (startup === undefined) {
      afterStart();
      return;
    }
    const begun = new AbortController();
    const onSuccess = (): void => {
      begun.abort();
      afterStart();
    };
    void keepProbing(startup, target, { onSuccess, onFailure: giveUp }, AbortSignal.any([signal, begun.signal]));
  };
  return {
    name: container.name,
    get isReady() {
      return isReady;
    },
    get restarts() {
      return Math.max(0, attempt - 1);
    },
    get run() {
      return run;
    },
    output: () => `${printed}${run?.output() ?? ''}`,
    async supervise() {
      for (;;) {
        attempt += 1;
        const code = await once();
        const { restartPolicy } = supervision;
        const isOver = restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && code === 0);
        if (isOver || ending.signal.aborted) return code;
        // The first time at once, as a kubelet does.
        await delay(backOffMs, undefined, { signal: ending.signal }).catch(() => undefined);
        if (ending.signal.aborted) return code;
        backOffMs = Math.min(MOST_BACK_OFF_MS, backOffMs === 0 ? FIRST_BACK_OFF_MS : backOffMs * 2);
      }
    },
    async stop(graceSeconds) {
      ending.abort();
      if (run !== undefined) await end(container, run, graceSeconds);
    },
  };
}

/** Ends a container within the grace, of which `preStop` takes a part. */
async function end({ preStop }: Container, run: ContainerRun, graceSeconds: number): Promise<void> {
  const over = new AbortController();
  const late = delay(graceSeconds * 1000, undefined, { signal: over.signal }).catch(() => undefined);
  if (preStop?.kind === 'sleep') {
    await Promise.race([delay(preStop.seconds * 1000, undefined, { signal: over.signal }), late, run.exited]);
  } else if (preStop !== undefined) {
    await Promise.race([run.exec(preStop.command, graceSeconds * 1000), late, run.exited]);
  }
  await run.terminate();
  const inTime = await Promise.race([run.exited.then(() => true), late.then(() => false)]);
  over.abort();
  if (!inTime) await run.kill('KILL');
  await Promise.race([run.exited, delay(5_000).then(() => run.remove())]);
}

function probeTarget(container: Container, address: string, run: ContainerRun): ProbeTarget {
  return {
    address,
    port(of) {
      if (typeof of === 'number') return of;
      const found = container.ports.find(({ name }) => name === of);
      if (found === undefined) throw new Error(`container ${container.name} has no port ${of}`);
      return found.port;
    },
    exec: async (command, timeoutMs) => (await run.exec(command, timeoutMs)).code === 0,
  };
}
