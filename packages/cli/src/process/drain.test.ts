import { connect } from 'node:net';
import { loadConfigFile } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { freePort, waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { allTargets } from '../compose/targets.ts';
import { writeConfig } from '../testing/config-folder.ts';
import { startTessera } from './start-tessera.ts';

async function startOne() {
  const [port, telemetry] = [await freePort(), await freePort()];
  const folder = await writeConfig({
    issuer: `http://127.0.0.1:${port}`,
    web: { http: `127.0.0.1:${port}` },
    telemetry: { http: `127.0.0.1:${telemetry}` },
  });
  const result = loadConfigFile(folder.file, {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const options = { config: result.config, fileName: folder.file, targets: allTargets, logger: silentLogger };
  const running = await startTessera(options);
  await running.ready;
  const statusOf = (at: number, path: string) =>
    fetch(`http://127.0.0.1:${at}${path}`).then(
      ({ status }) => status,
      () => 'refused',
    );
  return {
    port,
    running,
    readiness: () => statusOf(telemetry, '/healthz/ready'),
    liveness: () => statusOf(telemetry, '/healthz/live'),
    keys: () => statusOf(port, '/keys'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A request of which half is sent. */
function beginRequest(port: number) {
  const socket = connect(port, '127.0.0.1');
  const head =
    'POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n\r\n';
  socket.write(head);
  const whole = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text));
  });
  return { arrived: () => socket.bytesWritten > 0, finish: () => socket.write('a=b'), whole };
}

test('A process that ends is first not ready, then takes nothing new, then finishes, and is told of to the end', async () => {
  await using bench = await startOne();
  const { running, port, readiness, liveness, keys } = bench;
  expect([await readiness(), await liveness(), await keys()]).toEqual([200, 200, 200]);
  running.leave();
  expect([await readiness(), await liveness(), await keys()]).toEqual([503, 200, 200]);
  const slow = beginRequest(port);
  await waitFor(slow.arrived, { what: 'half of a request' });
  expect(await keys()).toBe(200);
  const closed = running.close(10_000);
  await waitFor(async () => (await keys()) === 'refused', { what: 'new requests to be refused' });
  expect([await readiness(), await liveness()]).toEqual([503, 200]);
  slow.finish();
  const answer = await slow.whole;
  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  expect(answer).toMatch(/^connection: close\r$/im);
  await closed;
  expect([await readiness(), await liveness()]).toEqual(['refused', 'refused']);
});
