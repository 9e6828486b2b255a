import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RouteName, routeTable, startHttpServer } from '@tessera/http';
import { type RunningProcess, startProcess, type TempDirectory, waitFor } from '@tessera/testkit';

/** Names of services as Docker answers for them: every replica that runs has an address of its own. */
export interface NamedReplicas extends AsyncDisposable {
  /** Starts a replica of a service and names it. */
  start(service: string, address: string): Promise<void>;
  /** Takes the replica's name away and lets it end as it does in production. */
  stop(address: string): Promise<void>;
  /** How many requests a replica has answered. */
  answered(address: string): number;
}

interface Replica {
  readonly service: string;
  readonly close: (graceMs: number) => Promise<void>;
  readonly count: () => number;
}

const GRACE_MS = 20_000;

/**
 * The names of replicas at 127.0.0.11, port 53, where Docker's own server of names is. Needs a network namespace of its
 * own, and dnsmasq.
 */
export async function openNamedReplicas(directory: TempDirectory): Promise<NamedReplicas> {
  const replicas = new Map<string, Replica>();
  const file = join(directory.path, 'hosts');
  const write = async (): Promise<void> => {
    const lines = [...replicas].map(([address, { service }]) => `${address} ${service}\n`);
    await writeFile(`${file}.next`, lines.join(''));
    await rename(`${file}.next`, file);
  };
  await write();
  const names: RunningProcess = await startProcess({
    name: 'dnsmasq',
    command: 'dnsmasq',
    args: [
      '-k',
      '--no-resolv',
      '--no-hosts',
      `--addn-hosts=${file}`,
      '--listen-address=127.0.0.11',
      '--bind-interfaces',
      '--user=root',
      '--pid-file=',
      '--log-facility=-',
    ],
    ready: /started, version/,
  });
  const reread = async (): Promise<void> => {
    await write();
    process.kill(names.pid, 'SIGHUP');
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all([...replicas.values()].map(({ close }) => close(0)));
    await names.stop();
  };
  return {
    async start(service, address) {
      replicas.set(address, await startReplica(service, address));
      await reread();
    },
    async stop(address) {
      const replica = replicas.get(address);
      replicas.delete(address);
      await reread();
      await replica?.close(GRACE_MS);
    },
    answered: (address) => replicas.get(address)?.count() ?? 0,
    [Symbol.asyncDispose]: stopAll,
  };
}

async function startReplica(service: string, address: string): Promise<Replica> {
  let count = 0;
  const names = (Object.keys(routeTable) as RouteName[]).filter((name) => routeTable[name].service === service);
  const answer = async () => {
    count += 1;
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: address };
  };
  const write = (): void => undefined;
  const server = await startHttpServer({
    listen: `${address}:8080`,
    basePath: '/dex',
    handlers: Object.fromEntries(names.map((name) => [name, answer])),
    errorPage: ({ status }) => ({ status, headers: {}, body: '' }),
    cors: { allowedOrigins: [], allowedHeaders: [] },
    headers: {},
    logger: { debug: write, info: write, warn: write, error: write },
  });
  return { service, close: (graceMs) => server.close(graceMs), count: () => count };
}

/** Waits until a replica has answered `more` requests from now on. */
export async function untilAsked(replicas: NamedReplicas, address: string, more = 5): Promise<void> {
  const before = replicas.answered(address);
  await waitFor(() => replicas.answered(address) >= before + more, { what: `requests at ${address}` });
}
