import { expect, test } from 'vitest';
import { runCommand, tryCommand } from './run-command.ts';

test('A command gets its input, and what it prints is returned', async () => {
  expect(await runCommand(['cat'], { input: 'some words' })).toBe('some words');
});

test('A command that fails is an error with what it printed', async () => {
  const failing = runCommand(['sh', '-c', 'echo out; echo wrong >&2; exit 3']);
  await expect(failing).rejects.toThrow(/failed with code 3:\nout\nwrong/);
});

test('A command that takes too long is killed', async () => {
  const result = await tryCommand(['sleep', '60'], { timeoutMs: 50 });
  expect(result).toEqual({ code: -1, stdout: '', stderr: 'killed after 50 ms' });
});

test('A daemon that keeps the pipes of its command open is not waited for', async () => {
  const { code, stdout } = await tryCommand(['sh', '-c', 'sleep 5 & echo started'], { timeoutMs: 4_000 });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'started\n' });
});

test('A program that is not there is a result, not a crash', async () => {
  expect(await tryCommand(['/nonexistent/program'])).toMatchObject({
    code: -1,
    stderr: expect.stringContaining('ENOENT'),
  });
});
