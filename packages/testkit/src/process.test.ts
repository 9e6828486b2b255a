import { expect, test } from 'vitest';
import { startProcess } from './process.ts';
import { stillRunning } from './process-tree.ts';
import { waitFor } from './wait-for.ts';

test('A process that ends before it is ready is reported with its exit code and its output', async () => {
  const starting = startProcess({
    name: 'the broken server',
    command: '/bin/sh',
    args: ['-c', 'echo cannot bind >&2; exit 3'],
    ready: /serving/,
  });
  await expect(starting).rejects.toThrow(/the broken server did not start: it ended with code 3[\s\S]*cannot bind/);
});

test('A process that is not ready in time is killed and reported with its output', async () => {
  const starting = startProcess({
    name: 'the slow server',
    command: '/bin/sh',
    args: ['-c', 'echo pid $$; sleep 60'],
    ready: /serving/,
    readyTimeoutMs: 200,
  });
  const error = await starting.then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error?.message).toMatch(/waited 200 ms for the slow server to be ready/);
  const pid = Number(/pid (\d+)/.exec(error?.message ?? '')?.[1]);
  expect(await stillRunning([pid])).toEqual([]);
});

test('A program that is not there is an error with its name', async () => {
  const starting = startProcess({ name: 'nothing', command: '/nonexistent/program' });
  await expect(starting).rejects.toThrow('nothing cannot be started from /nonexistent/program');
});

test('A process is ready when its output matches, and a stop ends its children too', async () => {
  const running = await startProcess({
    name: 'a parent',
    command: '/bin/sh',
    args: ['-c', 'sleep 60 & echo child $!; wait'],
    ready: /child \d+\n/,
  });
  const child = Number(/child (\d+)/.exec(running.output())?.[1]);
  expect(await stillRunning([running.pid, child])).toEqual([running.pid, child]);
  expect(await running.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  expect(await stillRunning([running.pid, child])).toEqual([]);
  expect(await running.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGTERM' });
});

test('Only the last 64 Ki characters of output are kept', async () => {
  await using running = await startProcess({
    name: 'a chatterbox',
    command: '/bin/sh',
    args: ['-c', 'echo first; head -c 100000 /dev/zero | tr "\\0" x; echo last; sleep 60'],
    ready: /last\n/,
  });
  expect(running.output()).toHaveLength(65_536);
  expect(running.output()).not.toContain('first');
});

test('A process inherits no variables but those that say where things are', async () => {
  await using running = await startProcess({
    name: 'env',
    command: '/bin/sh',
    args: ['-c', 'env; echo end; sleep 60'],
    env: { GIVEN: 'yes' },
    ready: /end\n/,
  });
  const names = running.output().match(/^\w+(?==)/gm) ?? [];
  expect(names).toContain('GIVEN');
  const shellOwn = ['PWD', 'OLDPWD', 'SHLVL', '_'];
  const allowed = ['GIVEN', 'PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', ...shellOwn];
  expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
});

test('waitFor reports what it waited for, with the last failure as its cause', async () => {
  const failing = waitFor(
    () => {
      throw new Error('refused');
    },
    { what: 'the port to open', timeoutMs: 50 },
  );
  await expect(failing).rejects.toMatchObject({
    message: 'waited 50 ms for the port to open',
    cause: { message: 'refused' },
  });
});

test('waitFor gives up on an attempt that hangs', async () => {
  const hanging = waitFor(() => new Promise<boolean>(() => undefined), { what: 'nothing', timeoutMs: 50 });
  await expect(hanging).rejects.toThrow('waited 50 ms for nothing');
});

test('waitFor returns the first answer, also when it is empty or zero', async () => {
  const answers = [undefined, false, null, 0] as const;
  let asked = 0;
  expect(await waitFor(() => answers[asked++], { what: 'zero', intervalMs: 1 })).toBe(0);
  expect(asked).toBe(4);
});
