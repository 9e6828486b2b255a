import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { assertPortIsFree, freePort, reservePort } from './free-port.ts';
import { startProcess } from './process.ts';

const OTHER_PROCESS = `
const { freePort, reservePort } = await import(process.argv[1]);
console.log(JSON.stringify([await freePort(), await reservePort(Number(process.argv[2]))]));
setInterval(() => {}, 1000);
`;

test('Ports that are asked for at once differ, and one can be listened on', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(new Set(ports).size).toBe(50);
  const server = createServer().listen(ports[0], '127.0.0.1');
  await once(server, 'listening');
  await expect(assertPortIsFree(ports[0] ?? 0)).rejects.toThrow('is taken');
  await assertPortIsFree(ports[1] ?? 0);
  server.close();
});

test('A port that was given out is given to no other process until this one ends, though nobody listens', async () => {
  const port = await freePort();
  const script = new URL('./free-port.ts', import.meta.url).href;
  const args = ['--input-type=module', '-e', OTHER_PROCESS, script, String(port)];
  const other = await startProcess({ name: 'the other', command: process.execPath, args, ready: /\n/ });
  const [theirs, isTheirs] = JSON.parse(other.output()) as [number, boolean];
  expect([isTheirs, await reservePort(port), await reservePort(theirs)]).toEqual([false, false, false]);
  await assertPortIsFree(port);
  await other.stop();
  expect(await reservePort(theirs)).toBe(true);
});
