import { type ContainerHost, startProcess } from '@tessera/testkit';

/** A container from its start to its end. */
export interface ContainerRun {
  /** The code it ended with. Never rejects. */
  readonly exited: Promise<number>;
  /** The last of what it printed. */
  output(): string;
  /** Asks it to end, by the signal that its image names. */
  terminate(): Promise<void>;
  /** Does nothing when it has ended. */
  kill(signal: string): Promise<void>;
  exec(command: readonly string[], timeoutMs: number): Promise<{ readonly code: number; readonly output: string }>;
  /** Ends it at once, whatever it does. */
  remove(): Promise<void>;
}

/** What an image says of its containers. */
export interface ImageFacts {
  /** May be empty: root. */
  readonly user: string;
  readonly stopSignal: string;
}

/** Reads what an image says. */
export async function imageFacts(host: ContainerHost, image: string): Promise<ImageFacts> {
  const format = '{{.Config.User}} {{.Config.StopSignal}}';
  const [user = '', stopSignal = ''] = (await host.podman(['image', 'inspect', `--format=${format}`, image]))
    .replace('\n', '')
    .split(' ');
  return { user, stopSignal: stopSignal === '' ? 'SIGTERM' : stopSignal };
}

/** Runs a container: `args` are those of `podman run`, with its name. */
export async function startContainer(
  host: ContainerHost,
  name: string,
  args: readonly string[],
  stopSignal: string,
): Promise<ContainerRun> {
  const program = await startProcess({ name, command: 'podman', args, env: host.environment });
  let hasEnded = false;
  const exited = program.exited.then(({ code }) => {
    hasEnded = true;
    return code ?? -1;
  });
  const kill = async (signal: string): Promise<void> => {
    if (!hasEnded) await host.tryPodman(['kill', `--signal=${signal}`, name]);
  };
  return {
    exited,
    output: () => program.output(),
    terminate: () => kill(stopSignal),
    kill,
    async exec(command, timeoutMs) {
      const { code, stdout, stderr } = await host.tryPodman(['exec', name, ...command], { timeoutMs });
      return { code, output: `${stdout}${stderr}` };
    },
    async remove() {
      if (hasEnded) return;
      await host.tryPodman(['rm', '--force', '--time=0', name]);
      await program.stop('SIGKILL');
    },
  };
}
