import { fileURLToPath } from 'node:url';
import type { TesseraError } from '@tessera/errors';
import { freePort, startProcess, waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { fakeKeys } from './testing/fake-keys.ts';
import { dialKeys, startKeys } from './testing/rpc-bench.ts';

async function startReplica(port: number, name: string) {
  const file = fileURLToPath(new URL('./testing/replica.ts', import.meta.url));
  const args = ['--conditions=source', '--no-warnings', file, String(port), name];
  return startProcess({
    name: `replica ${name}`,
    command: process.execPath,
    args,
    ready: /listening on/,
    ports: [port],
  });
}

function versions(name: string) {
  return fakeKeys({ getPublicKeys: async () => ({ version: name, jwksJson: [] }) });
}

test('calls go to all replicas in turn', async () => {
  await using first = await startKeys(versions('first'));
  await using second = await startKeys(versions('second'));
  using keys = dialKeys([first.address, second.address]);
  const next = async () => (await keys.client.getPublicKeys({ knownVersion: '' })).version;
  await waitFor(async () => new Set([await next(), await next()]).size === 2, { what: 'both connections' });
  const seen: string[] = [];
  for (let call = 0; call < 20; call += 1) seen.push(await next());
  expect(seen.filter((name) => name === 'first')).toHaveLength(10);
});

test('of two replicas one is killed under load: idempotent calls all succeed, of the others only those in flight fail', async () => {
  const ports = [await freePort(), await freePort()] as const;
  await using first = await startReplica(ports[0], 'first');
  await using second = await startReplica(ports[1], 'second');
  using keys = dialKeys(ports.map((port) => `127.0.0.1:${port}`));
  const { client } = keys;
  const results = { signed: 0, read: 0, failures: [] as TesseraError[], signFailures: [] as TesseraError[] };
  let isOver = false;
  const load = async (): Promise<void> => {
    while (!isOver) {
      await client.sign({ bundles: [] }).then(
        () => (results.signed += 1),
        (error: TesseraError) => results.signFailures.push(error),
      );
      await client.getPublicKeys({ knownVersion: '' }).then(
        () => (results.read += 1),
        (error: TesseraError) => results.failures.push(error),
      );
    }
  };
  const workers = Array.from({ length: 16 }, load);
  await waitFor(() => results.read > 200, { what: 'load on both replicas' });
  first.kill('SIGKILL');
  await first.exited;
  const before = results.read;
  await waitFor(() => results.read > before + 500, { what: 'load on the other replica' });
  isOver = true;
  await Promise.all(workers);
  expect(results.signFailures).toEqual([]);
  expect(results.failures.length).toBeLessThanOrEqual(16);
  expect(results.failures.every(({ kind }) => kind === 'unavailable')).toBe(true);
  await second.stop();
}, 30_000);

test('a replica that hangs is left for the other before a deadline runs out, and an idempotent call never fails for it', async () => {
  const ports = [await freePort(), await freePort()] as const;
  await using first = await startReplica(ports[0], 'first');
  await using second = await startReplica(ports[1], 'second');
  using keys = dialKeys(ports.map((port) => `127.0.0.1:${port}`));
  const sign = () => keys.client.sign({ bundles: [] });
  const nameOf = async () => (await keys.client.getPublicKeys({ knownVersion: '' })).version;
  await waitFor(async () => new Set([await nameOf(), await nameOf()]).size === 2, { what: 'both connections' });
  first.kill('SIGSTOP');
  // Whatever was sent to it ends within the deadline of five seconds by an answer of the other one.
  await Promise.all(Array.from({ length: 8 }, sign));
  const startedMs = performance.now();
  for (let call = 0; call < 20; call += 1) await sign();
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  first.kill('SIGCONT');
  await waitFor(async () => (await nameOf()) === 'first', { what: 'the first to be used again', timeoutMs: 10_000 });
  await second.stop();
}, 30_000);

test('a replica that hung does not work on calls that were given up meanwhile', async () => {
  const port = await freePort();
  await using replica = await startReplica(port, 'only');
  using keys = dialKeys([`127.0.0.1:${port}`], { deadlineMs: 4_000 });
  using others = dialKeys([`127.0.0.1:${port}`], { deadlineMs: 1_500 });
  const sign = ({ client }: typeof keys) => client.sign({ bundles: [] });
  const works = () => replica.output().split('signing').length - 1;
  await Promise.all([keys, others].map(sign));
  replica.kill('SIGSTOP');
  // Some are given up with their connection, some by their deadline alone.
  const abandoned = await Promise.allSettled([keys, others].flatMap((dialled) => [sign(dialled), sign(dialled)]));
  expect(abandoned.every(({ status }) => status === 'rejected')).toBe(true);
  replica.kill('SIGCONT');
  await waitFor(() => sign(keys).then(() => true), { what: 'the replica to work', timeoutMs: 10_000 });
  expect(works()).toBe(3);
}, 30_000);

test('a replica that listens but is not ready is passed over for one that is, whatever the call does', async () => {
  let isReady = false;
  await using first = await startKeys(versions('first'), { isReady: () => isReady });
  await using second = await startKeys(versions('second'));
  using keys = dialKeys([first.address, second.address]);
  const names = async () =>
    Promise.all(
      Array.from({ length: 20 }, async () => (await keys.client.getPublicKeys({ knownVersion: '' })).version),
    );
  expect(new Set(await names())).toEqual(new Set(['second']));
  isReady = true;
  await waitFor(async () => new Set(await names()).size === 2, { what: 'the first to be used' });
});

test('a service that comes back is used again within about a second', async () => {
  const port = await freePort();
  const first = await startKeys(versions('before'), { listen: `127.0.0.1:${port}` });
  using keys = dialKeys([`127.0.0.1:${port}`]);
  expect((await keys.client.getPublicKeys({ knownVersion: '' })).version).toBe('before');
  await first.close(0);
  let refused = 0;
  await waitFor(
    async () => {
      refused += await keys.client.getPublicKeys({ knownVersion: '' }).then(
        () => 0,
        () => 1,
      );
      return refused >= 3;
    },
    { what: 'the pause between two attempts to connect to be at its longest' },
  );
  await using _second = await startKeys(versions('after'), { listen: `127.0.0.1:${port}` });
  const startedMs = performance.now();
  const call = async () => (await keys.client.getPublicKeys({ knownVersion: '' })).version === 'after';
  await waitFor(call, { what: 'the service to be used again' });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test('a call that no server has seen waits a moment for one to come back, whatever it does', async () => {
  const port = await freePort();
  using keys = dialKeys([`127.0.0.1:${port}`]);
  const signed = keys.client.sign({ bundles: [] });
  const server = await startKeys(versions('late'), { listen: `127.0.0.1:${port}` });
  await signed;
  await server.close(0);
  const startedMs = performance.now();
  await expect(keys.client.sign({ bundles: [] })).rejects.toMatchObject({ kind: 'unavailable' });
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});

test('a connection that is given back for its age disturbs no call', async () => {
  await using first = await startKeys(versions('first'), { maxConnectionAgeMs: 150 });
  await using second = await startKeys(versions('second'));
  using keys = dialKeys([first.address, second.address]);
  const untilMs = performance.now() + 1_000;
  let calls = 0;
  const load = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await keys.client.getPublicKeys({ knownVersion: '' });
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, load));
  expect(calls).toBeGreaterThan(100);
});

test('a closing server lets calls in flight finish, and ends those that take longer than it may wait', async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const slow = async () => {
    entered.resolve();
    await gate.promise;
    return { version: 'finished', jwksJson: [] };
  };
  const server = await startKeys(fakeKeys({ getPublicKeys: slow }));
  using keys = dialKeys([server.address]);
  const call = keys.client.getPublicKeys({ knownVersion: '' });
  await entered.promise;
  const closed = server.close(5_000);
  gate.resolve();
  expect((await call).version).toBe('finished');
  await closed;

  const stuck = await startKeys(fakeKeys({ getPublicKeys: () => new Promise<never>(() => undefined) }));
  using others = dialKeys([stuck.address]);
  const lost = others.client.getPublicKeys({ knownVersion: '' }).catch((error: TesseraError) => error);
  await waitFor(() => others.channel.client.getChannel().getConnectivityState(false) === 2, { what: 'a connection' });
  await stuck.close(50);
  expect(await lost).toMatchObject({ kind: 'unavailable' });
});
