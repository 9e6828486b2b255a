import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { openSecret } from './secret.ts';

/** A server that takes some passwords, and a secret file. */
async function createBench(first = 'old') {
  const folder = await createTempDirectory('secret');
  const file = join(folder.path, 'password');
  await writeFile(file, `${first}\n`);
  const clock = createFakeClock();
  const secret = openSecret({ value: first, file, what: 'the password', clock, logger: silentLogger });
  const server = { takes: [first] as readonly string[], asked: [] as string[] };
  const attempt = async (password: string): Promise<string> => {
    server.asked.push(password);
    if (!server.takes.includes(password)) throw new Error('refused');
    return password;
  };
  const isRefusal = (error: unknown): boolean => error instanceof Error && error.message === 'refused';
  const connect = () => secret.use(attempt, isRefusal);
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  const close = async (): Promise<void> => {
    secret.close();
    await folder.remove();
  };
  return { file, clock, secret, server, connect, replace, [Symbol.asyncDispose]: close };
}

test('a refused secret is read again at once, without waiting for the next look', async () => {
  await using bench = await createBench();
  bench.server.takes = ['new'];
  await expect(bench.connect()).rejects.toThrow('refused');
  expect(bench.server.asked).toEqual(['old']);
  await bench.replace('new\n');
  expect(await bench.connect()).toBe('new');
  expect(bench.server.asked).toEqual(['old', 'old', 'new']);
  expect(await bench.connect()).toBe('new');
});

test('a file that is ahead of the server: the former secret is used until the server takes the new one', async () => {
  await using bench = await createBench();
  await bench.replace('new');
  bench.clock.advance(10);
  await expect.poll(() => bench.secret.current()).toBe('new');
  expect([await bench.connect(), await bench.connect()]).toEqual(['old', 'old']);
  expect(bench.server.asked).toEqual(['new', 'old', 'old']);
  bench.server.takes = ['new'];
  expect(await bench.connect()).toBe('new');
  bench.server.takes = ['old'];
  await expect(bench.connect()).rejects.toThrow('refused');
});

test('a mistake in the file is put right by another change, and what the server takes is never lost', async () => {
  await using bench = await createBench();
  await bench.replace('mistake');
  bench.clock.advance(10);
  await expect.poll(() => bench.secret.current()).toBe('mistake');
  expect(await bench.connect()).toBe('old');
  await bench.replace('right');
  bench.server.takes = ['right', 'old'];
  bench.clock.advance(10);
  await expect.poll(() => bench.secret.current()).toBe('right');
  expect(await bench.connect()).toBe('right');
});

test.each(['', '\n', '\r\n'])('a file with %j in it changes nothing', async (text) => {
  await using bench = await createBench();
  bench.server.takes = [];
  await writeFile(bench.file, text);
  await expect(bench.connect()).rejects.toThrow('refused');
  expect(bench.secret.current()).toBe('old');
  await rm(bench.file);
  await expect(bench.connect()).rejects.toThrow('refused');
  expect(bench.server.asked).toEqual(['old', 'old']);
});

test('half of a secret that is being written is never used', async () => {
  await using bench = await createBench();
  bench.server.takes = ['whole'];
  const connecting = (async () => {
    await writeFile(bench.file, 'wh');
    return bench.connect();
  })();
  await expect.poll(() => bench.server.asked.length).toBe(1);
  await writeFile(bench.file, 'whole');
  await connecting;
  expect(bench.server.asked).not.toContain('wh');
});

test('errors that are no refusal are not answered by another secret', async () => {
  await using bench = await createBench();
  await bench.replace('new');
  const attempts: string[] = [];
  const broken = bench.secret.use(
    async (password) => {
      attempts.push(password);
      throw new Error('no network');
    },
    () => false,
  );
  await expect(broken).rejects.toThrow('no network');
  expect(attempts).toHaveLength(1);
});

test('whoever wants to know of a change is told once', async () => {
  await using bench = await createBench();
  let changes = 0;
  bench.secret.onChange(() => (changes += 1));
  await bench.replace('new');
  bench.clock.advance(10);
  await expect.poll(() => changes).toBe(1);
  bench.clock.advance(10);
  expect(bench.secret.current()).toBe('new');
  expect(changes).toBe(1);
});

test('a secret without a file stays what it is', async () => {
  const secret = openSecret({ value: 'fixed', what: 'x', clock: createFakeClock(), logger: silentLogger });
  expect(secret.current()).toBe('fixed');
  expect(await secret.insteadOf(new Set(['fixed']))).toBeUndefined();
  secret.close();
});

test('What was lent from before does not make a secret of the file one that the server took: the former stays to be tried', async () => {
  await using bench = await createBench();
  await bench.replace('new');
  bench.clock.advance(10);
  await expect.poll(() => bench.secret.current()).toBe('new');
  const lend = () =>
    bench.secret.use(
      async () => 'lent',
      () => false,
      { isProof: false },
    );
  expect(await lend()).toBe('lent');
  expect(await bench.connect()).toBe('old');
});
