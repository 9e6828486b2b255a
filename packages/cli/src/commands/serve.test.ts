import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTempDirectory, freePort, waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { runCommand } from '../command-line/run-command.ts';
import { writeConfig } from '../testing/config-folder.ts';
import { createFakeTerminal, type FakeTerminal } from '../testing/fake-terminal.ts';

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

test('A taken port is one sentence with the key to change, and exit code 2', async () => {
  const { server, port } = await listening();
  await using folder = await writeConfig({ web: { http: `127.0.0.1:${port}` } });
  const terminal = createFakeTerminal();
  expect(await runCommand(['serve', '--config', folder.file], terminal)).toBe(2);
  expect(terminal.stderr).toBe(
    `Port ${port} on 127.0.0.1 is already in use. Stop what is using it, or change web.http in ${folder.file}.\n`,
  );
  expect(terminal.stdout).toBe('');
  expect(terminal.listeners).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

test('A certificate that cannot be read is one sentence with its name, and exit code 2', async () => {
  const port = await freePort();
  const web = { https: `127.0.0.1:${port}`, tlsCert: '/nonexistent/cert.pem', tlsKey: '/nonexistent/key.pem' };
  await using folder = await writeConfig({ web });
  const terminal = createFakeTerminal();
  expect(await runCommand(['serve', '--config', folder.file], terminal)).toBe(2);
  expect(terminal.stderr).toBe('web.tlsCert: /nonexistent/cert.pem does not exist.\n');
});

test('serve answers when it says that it is ready, and ends with exit code 0 on SIGINT', async () => {
  const port = await freePort();
  await using folder = await writeConfig({ web: { http: `127.0.0.1:${port}` } });
  const terminal = createFakeTerminal();
  const ended = runCommand(['serve', '--config', folder.file], terminal);
  await waitFor(() => terminal.stdout.includes('all is ready for http://127.0.0.1:5556/dex'), {
    what: 'serve to be ready',
  });
  const health = await fetch(`http://127.0.0.1:${port}/dex/healthz`);
  expect([health.status, await health.text()]).toEqual([200, 'Health check passed']);
  const discovery = await fetch(`http://127.0.0.1:${port}/dex/.well-known/openid-configuration`);
  expect(await discovery.json()).toMatchObject({ issuer: 'http://127.0.0.1:5556/dex' });
  terminal.signal('SIGINT');
  expect(await ended).toBe(0);
  expect(terminal.exits).toEqual([]);
  expect(terminal.listeners).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/dex/healthz`)).rejects.toThrow('fetch failed');
});

test('A separate service takes no public request until its neighbours are there, and says so at telemetry.http', async () => {
  const [port, health] = [await freePort(), await freePort()];
  const neighbour = { addresses: [`127.0.0.1:${await freePort()}`] };
  await using folder = await writeConfig({
    services: { storage: neighbour, keys: neighbour, federation: neighbour },
    telemetry: { http: `127.0.0.1:${health}` },
  });
  const terminal = createFakeTerminal();
  const grpc = `127.0.0.1:${await freePort()}`;
  const args = ['serve', '--config', folder.file, '--target', 'token', '--http', `127.0.0.1:${port}`, '--grpc', grpc];
  const ended = runCommand(args, terminal);
  const told = await waitFor(() => fetch(`http://127.0.0.1:${health}/healthz/ready`), { what: 'token to tell' });
  expect([told.status, await told.text()]).toEqual([503, 'Not ready: starting\n']);
  await expect(fetch(`http://127.0.0.1:${port}/dex/healthz`)).rejects.toThrow('fetch failed');
  terminal.signal('SIGTERM');
  expect(await ended).toBe(0);
});

test.each([
  { where: 'standard output', events: () => ({ type: 'stdout' }), says: ['', 'events is ready for ISSUER\n'] },
  {
    where: 'a file',
    events: (folder: string) => ({ type: 'file', config: { file: `${folder}/events.jsonl` } }),
    says: ['events is ready for ISSUER\n', ''],
  },
])('A process with events alone says that it is ready, and not between events that go to $where', async (row) => {
  await using directory = await createTempDirectory('serve');
  const grpc = `127.0.0.1:${await freePort()}`;
  await using folder = await writeConfig({
    services: { storage: { addresses: [grpc] } },
    events: row.events(directory.path),
  });
  const [storage, events] = [createFakeTerminal(), createFakeTerminal()];
  const ended = [
    runCommand(['serve', '--config', folder.file, '--target', 'storage', '--grpc', grpc], storage),
    runCommand(['serve', '--config', folder.file, '--target', 'events'], events),
  ];
  const said = (terminal: FakeTerminal): string => `${terminal.stdout}${terminal.stderr}`;
  await waitFor(() => [events, storage].every((one) => said(one).endsWith('\n')), { what: 'both to be ready' });
  const issuer = 'http://127.0.0.1:5556/dex';
  expect([events.stdout, events.stderr]).toEqual(row.says.map((text) => text.replace('ISSUER', issuer)));
  for (const terminal of [events, storage]) terminal.signal('SIGTERM');
  expect(await Promise.all(ended)).toEqual([0, 0]);
  expect(storage.stdout).toBe(`storage is ready for ${issuer}: grpc of storage on ${grpc}\n`);
});
