import { type ConfigResult, loadConfigFile, type TesseraConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { freePort, writeServiceCertificates } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { runCommand } from '../../command-line/run-command.ts';
import { parseTargets } from '../../compose/targets.ts';
import { startTessera } from '../../process/start-tessera.ts';
import { type ConfigFolder, writeConfig } from '../../testing/config-folder.ts';
import { createFakeTerminal } from '../../testing/fake-terminal.ts';
import { withKeyStorage } from './key-storage.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

async function list(folder: ConfigFolder): Promise<readonly [code: number, err: string]> {
  const terminal = createFakeTerminal();
  const code = await runCommand(['keys', 'list', '--config', folder.file], terminal);
  return [code, terminal.stderr];
}

function configOf(folder: ConfigFolder): TesseraConfig {
  const result: ConfigResult = loadConfigFile(folder.file, {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

test('Keys that end with their process are a clear error', async () => {
  await using folder = await writeConfig();
  await using withKey = await writeConfig({ keyEncryption: { value: KEY } });
  for (const one of [folder, withKey]) {
    expect(await list(one)).toEqual([2, expect.stringMatching(/^storage\.type is memory: keys end with the process/)]);
  }
});

test('A store that is not there is a clear error, and is not made', async () => {
  await using folder = await writeConfig();
  const storage = { type: 'sqlite3', config: { file: `${folder.path}/tessera.db` } };
  await using missing = await writeConfig({ storage, keyEncryption: { value: KEY } });
  expect(await list(missing)).toEqual([2, 'The sqlite3 storage holds nothing of Tessera.\n']);
});

test('N93: with separate services the storage service is asked, as the keys service with its certificate', async () => {
  await using base = await writeConfig();
  const address = `127.0.0.1:${await freePort()}`;
  await writeServiceCertificates(base.path, ['storage', 'keys']);
  const files = { caFile: 'ca.pem', certFile: '{service}.pem', keyFile: '{service}.key' };
  const tls = Object.fromEntries(Object.entries(files).map(([key, file]) => [key, `${base.path}/${file}`]));
  await using folder = await writeConfig({
    rpc: { tls },
    storage: { type: 'sqlite3', config: { file: `${base.path}/tessera.db` } },
    keyEncryption: { value: KEY },
    services: { storage: { grpc: address, addresses: [address] } },
  });
  const config = configOf(folder);
  const running = await startTessera({
    config,
    fileName: folder.file,
    targets: parseTargets('storage'),
    logger: silentLogger,
  });
  try {
    await running.ready;
    const written = await withKeyStorage(config, (storage) => storage.compareAndSetKeySet('a', 0, Uint8Array.of(1)));
    expect(written).toBe(true);
    expect(await withKeyStorage(config, (storage) => storage.getKeySet('a'))).toMatchObject({ version: 1 });
  } finally {
    await running.close(0);
  }
  const beside = { ...config, services: { ...config.services, storage: { addresses: [] } } };
  expect(await withKeyStorage(beside, (storage) => storage.getKeySet('a'))).toMatchObject({ version: 1 });
});

test('N93: the connection needs the certificate of the keys service', async () => {
  await using folder = await writeConfig({
    keyEncryption: { value: KEY },
    services: { storage: { addresses: ['storage:7001'] } },
    rpc: { tls: { caFile: '/nowhere/ca.pem', certFile: '/nowhere/{service}.pem', keyFile: '/nowhere/{service}.key' } },
  });
  expect(await list(folder)).toEqual([2, 'rpc.tls.caFile: /nowhere/ca.pem does not exist.\n']);
});
