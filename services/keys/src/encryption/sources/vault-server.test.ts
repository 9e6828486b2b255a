import { randomUUID } from 'node:crypto';
import { createFakeClock } from '@tessera/clock';
import { noMetrics } from '@tessera/telemetry';
import { startVault, type VaultServer } from '@tessera/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeysService } from '../../server.ts';
import { createFakeKeySetStorage, type FakeKeySetStorage } from '../../testing/fake-key-set-storage.ts';
import { testConfig } from '../../testing/test-service.ts';
import { parseRootDocument } from '../root-document.ts';
import { createRecordedLog } from '../testing/start-replica.ts';

let server: VaultServer;
let keyName: string;
beforeAll(async () => {
  server = await startVault();
});
beforeEach(async () => {
  server.unseal();
  keyName = `kek-${randomUUID()}`;
  await server.createKey(keyName, 'aes256-gcm96');
});
afterAll(() => server.close());

/** A service that speaks to the server by our own client. */
async function start(storage: FakeKeySetStorage, token = server.rootToken) {
  const vault = { addr: server.addr, token, mount: 'transit' };
  const log = createRecordedLog();
  const service = await createKeysService({
    config: testConfig({ keyEncryption: { type: 'vault', vault, keyName } }),
    clock: createFakeClock(),
    logger: log,
    metrics: noMetrics,
    storage,
  });
  return { ...service, log };
}

function wrapped(storage: FakeKeySetStorage): readonly string[] {
  const payload = storage.documents.get('root')?.payload ?? new Uint8Array();
  return parseRootDocument(payload).map((root) => root.wrapped.slice(0, 'vault:v1:'.length));
}

describe('a key-encryption key that a Vault server wraps', () => {
  it('is made, opens after a restart, and is wrapped anew by the next version', async () => {
    const storage = createFakeKeySetStorage();
    const replicas = await Promise.all([start(storage), start(storage), start(storage)]);
    await Promise.all(replicas.map((replica) => replica.ready()));
    expect(wrapped(storage)).toEqual(['vault:v1:']);
    const published = await replicas[0].api.getPublicKeys();
    await Promise.all(replicas.map((replica) => replica.close()));
    await server.rotateKey(keyName);
    const next = await start(storage);
    await next.ready();
    expect(wrapped(storage)).toEqual(['vault:v2:']);
    expect(await next.api.getPublicKeys()).toEqual(published);
    await next.close();
    const last = await start(storage);
    await last.ready();
    expect(await last.api.getPublicKeys()).toEqual(published);
    await last.close();
  });

  it('without a permission the start ends with a message that says so, and nothing is written', async () => {
    const storage = createFakeKeySetStorage();
    const first = await start(storage);
    await first.ready();
    await first.close();
    const { won } = storage.writes;
    const service = await start(storage, server.createToken({ rules: [] }));
    await expect(service.ready()).rejects.toMatchObject({ kind: 'invalid_argument', code: 'keys.vault_refused' });
    expect(storage.writes.won).toBe(won);
    await service.close();
  });

  it('a sealed Vault is waited for', async () => {
    server.seal();
    const storage = createFakeKeySetStorage();
    const service = await start(storage);
    let settled = false;
    void service.ready().then(
      () => {
        settled = true;
      },
      () => {
        settled = true;
      },
    );
    await expect.poll(() => service.log.lines.join()).toContain('the keys could not be refreshed');
    expect(settled).toBe(false);
    expect([...storage.documents.keys()]).toEqual([]);
    await service.close();
  });

  it('a Transit key that does not authenticate what it encrypts is refused', async () => {
    keyName = `rsa-${randomUUID()}`;
    await server.createKey(keyName, 'rsa-2048');
    const storage = createFakeKeySetStorage();
    const service = await start(storage);
    await expect(service.ready()).rejects.toMatchObject({ kind: 'invalid_argument', code: 'keys.vault_refused' });
    expect([...storage.documents.keys()]).toEqual([]);
    await service.close();
  });
});
