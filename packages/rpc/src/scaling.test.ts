import { waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { resolveName } from './testing/fake-dns.ts';
import { fakeKeys } from './testing/fake-keys.ts';
import { dialKeys, startKeys } from './testing/rpc-bench.ts';

/** A replica on an address of this machine that says who it is, and takes a moment for each call. */
async function startReplica(host: string, port: number, maxConnectionAgeMs?: number) {
  const counts = { calls: 0 };
  const work = async () => {
    counts.calls += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const binding = fakeKeys({
    getPublicKeys: async () => {
      await work();
      return { version: host, jwksJson: [] };
    },
    sign: async () => {
      await work();
      return { outcomes: [] };
    },
  });
  const age = maxConnectionAgeMs === undefined ? {} : { maxConnectionAgeMs };
  const server = await startKeys(binding, { listen: `${host}:${port}`, ...age });
  return { ...server, counts };
}

/** Calls of both kinds all the time, of which only `sign` may be repeated once a server has seen it. */
function startLoad({ client }: ReturnType<typeof dialKeys>) {
  const failures: unknown[] = [];
  let served = 0;
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      await client.getPublicKeys({ knownVersion: '' }).then(
        () => (served += 1),
        (error: unknown) => failures.push(error),
      );
      await client.sign({ bundles: [] }).catch((error: unknown) => failures.push(error));
    }
  };
  const workers = Array.from({ length: 12 }, work);
  return {
    failures,
    served: () => served,
    async end() {
      isOver = true;
      await Promise.all(workers);
    },
  };
}

test('a replica that is added is found when connections have reached their age, and no call fails for it', async () => {
  const ageMs = 400;
  await using first = await startReplica('127.0.0.2', 0, ageMs);
  await using _second = await startReplica('127.0.0.3', first.port, ageMs);
  using name = resolveName('keys.test', ['127.0.0.2', '127.0.0.3']);
  using keys = dialKeys([`keys.test:${first.port}`]);
  const load = startLoad(keys);
  await waitFor(() => load.served() > 100, { what: 'load on both' });
  await using third = await startReplica('127.0.0.4', first.port, ageMs);
  name.addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
  const startedMs = performance.now();
  await waitFor(() => third.counts.calls > 50, { what: 'the third to have its share', timeoutMs: 10_000 });
  const tookMs = performance.now() - startedMs;
  await load.end();
  expect(load.failures).toEqual([]);
  // The age with its jitter, and at most one lookup every two seconds.
  expect(tookMs).toBeLessThan(8_000);
  expect(name.lookups).toBeLessThan(8);
}, 20_000);

test('a replica that drains under load ends no call, and whoever takes its place is found at once, whatever the age of connections', async () => {
  await using first = await startReplica('127.0.0.2', 0);
  await using second = await startReplica('127.0.0.3', first.port);
  using name = resolveName('keys.test', ['127.0.0.2', '127.0.0.3']);
  using keys = dialKeys([`keys.test:${first.port}`]);
  const load = startLoad(keys);
  await waitFor(() => second.counts.calls > 50 && first.counts.calls > 50, { what: 'load on both' });
  await using third = await startReplica('127.0.0.4', first.port);
  name.addresses = ['127.0.0.3', '127.0.0.4'];
  const startedMs = performance.now();
  await first.close(5_000);
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  const after = first.counts.calls;
  await waitFor(() => third.counts.calls > 50, { what: 'the third to have its share', timeoutMs: 10_000 });
  expect(performance.now() - startedMs).toBeLessThan(8_000);
  await load.end();
  expect(load.failures).toEqual([]);
  expect(first.counts.calls).toBe(after);
}, 20_000);
