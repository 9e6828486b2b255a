import { createFakeClock } from '@tessera/clock';
import { runInContext } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import { startTestService } from '../testing/test-service.ts';
import { createChangeWatch, MAX_WAITING } from './change-watch.ts';

async function readyService() {
  const service = await startTestService();
  await service.ready();
  return service;
}

describe('waiting for other public keys', () => {
  it('answers at once without a known version, and with an old one', async () => {
    const service = await readyService();
    const { version } = await service.api.getPublicKeys();
    expect((await service.api.getPublicKeys('old')).version).toBe(version);
    await service.close();
  });

  it('waits for the next key', async () => {
    const service = await readyService();
    const { version } = await service.api.getPublicKeys();
    service.clock.advance(21_600 - 1260 - 5);
    await new Promise((resolve) => setImmediate(resolve));
    let answered: string | undefined;
    const waiting = service.api.getPublicKeys(version).then((keys) => {
      answered = keys.version;
      return keys;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBeUndefined();
    service.clock.advance(6);
    const { keys } = await waiting;
    expect(answered).not.toBe(version);
    expect(keys).toHaveLength(2);
    await service.close();
  });

  it('answers the same a second before the caller’s deadline', async () => {
    const service = await readyService();
    const { version } = await service.api.getPublicKeys();
    let isAnswered = false;
    const deadlineMs = service.clock.monotonicMs() + 5000;
    const waiting = runInContext({ requestId: 'request-1', deadlineMs }, () => service.api.getPublicKeys(version));
    void waiting.then(() => {
      isAnswered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    service.clock.advance(3.9);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    service.clock.advance(0.2);
    expect((await waiting).version).toBe(version);
    await service.close();
  });

  it('closing lets everybody go', async () => {
    const service = await readyService();
    const { version } = await service.api.getPublicKeys();
    const waiting = service.api.getPublicKeys(version);
    await service.close();
    expect((await waiting).version).toBe(version);
  });

  it('one caller more than may wait is answered at once', async () => {
    const watch = createChangeWatch(createFakeClock());
    const waiting = Array.from({ length: MAX_WAITING }, () => watch.wait(() => false, 1000));
    await watch.wait(() => false, 1000);
    watch.close();
    await Promise.all(waiting);
    expect(waiting).toHaveLength(MAX_WAITING);
  });
});
