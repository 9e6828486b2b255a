import type { DevicePollRequest, NewDeviceRequest } from '@tessera/contracts';
import { expect, test } from 'vitest';
import type { EphemeralHarness } from './ephemeral.ts';
import { AWKWARD_TEXT, freshId, LONG_ID, sampleAuthorization } from './samples.ts';

/** A device request under a user code of its own. */
function sampleDevice(overrides: Partial<NewDeviceRequest> = {}): NewDeviceRequest {
  const userCode = overrides.userCode ?? freshId().slice(0, 12);
  return {
    userCode,
    deviceId: `${userCode}.${freshId()}`,
    clientId: 'app',
    payload: Uint8Array.from([0, 10, 255]),
    ttlSeconds: 600,
    intervalSeconds: 60,
    ...overrides,
  };
}

const pollOf = ({ userCode, deviceId, clientId }: NewDeviceRequest): DevicePollRequest => ({
  userCode,
  deviceId,
  clientId,
});

/** Device requests (RFC 8628). */
export function devicesSuite(harness: EphemeralHarness): void {
  requestsSuite(harness);
  pollingSuite(harness);
  decisionsSuite(harness);
}

function requestsSuite(harness: EphemeralHarness): void {
  test('RFC 8628 §3.3: a request is found by its user code, with one command each way', async () => {
    const commands: string[] = [];
    const store = await harness.open((command) => commands.push(command));
    const device = sampleDevice({ clientId: AWKWARD_TEXT.toWellFormed() });
    const { userCode, clientId, payload } = device;
    expect(await store.putDevice(device)).toBe(true);
    const found = await store.findDevice(userCode);
    expect(found).toEqual({ userCode, clientId, payload, expiresAt: expect.any(Date) });
    expect(await store.findDevice(freshId())).toBeUndefined();
    expect(await store.pollDevice(pollOf(device))).toBe('pending');
    expect(await store.decideDevice({ userCode, attemptId: 'a' })).toBe(true);
    expect(commands).toEqual(['put_device', 'find_device', 'find_device', 'poll_device', 'decide_device']);
    await store.close();
  });

  test('RFC 8628 §6.1: a user code is given once: to one of 100 devices who ask at once', async () => {
    const store = await harness.open(() => undefined);
    const userCode = freshId().slice(0, 12);
    const devices = Array.from({ length: 100 }, () => sampleDevice({ userCode }));
    const answers = await Promise.all(devices.map((device) => store.putDevice(device)));
    const winners = devices.filter((_, index) => answers[index]);
    expect(winners).toHaveLength(1);
    for (const device of devices) {
      expect(await store.pollDevice(pollOf(device))).toBe(device === winners[0] ? 'pending' : 'unknown');
    }
    await store.close();
  });

  test('the same device id repeated gets true again and changes nothing', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice();
    expect(await store.putDevice(device)).toBe(true);
    expect(await store.putDevice({ ...device, clientId: 'other', payload: Uint8Array.of(9) })).toBe(true);
    expect(await store.findDevice(device.userCode)).toMatchObject({ clientId: 'app', payload: device.payload });
    expect(await store.decideDevice({ userCode: device.userCode, attemptId: 'a' })).toBe(true);
    expect(await store.putDevice(device)).toBe(true);
    expect(await store.pollDevice(pollOf(device))).toBe('denied');
    await store.close();
  });

  test('N20: a device request is neither a sign-in nor a code', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice({ payload: new Uint8Array(Buffer.from('code:{}')) });
    await store.putDevice(device);
    expect(await store.findCodes([device.deviceId, device.userCode])).toEqual([undefined, undefined]);
    expect(await store.getRequest(device.userCode)).toEqual({ type: 'absent' });
    expect(await store.getRequest(device.deviceId)).toEqual({ type: 'absent' });
    await store.close();
  });

  test('codes of any text, ids of 512 bytes and large payloads are kept', async () => {
    const store = await harness.open(() => undefined);
    const payload = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    for (const text of ['{', '}', '{}', '%', 'é漢🏛️ "\\\u0000', LONG_ID.slice(0, 400)]) {
      const userCode = `${text}${freshId()}`;
      const device = sampleDevice({ userCode, deviceId: `${userCode}.${freshId()}`, payload });
      expect(await store.putDevice(device)).toBe(true);
      expect((await store.findDevice(userCode))?.payload).toEqual(payload);
      const authorization = sampleAuthorization({ nonce: text });
      expect(await store.decideDevice({ userCode, authorization, attemptId: 'a' })).toBe(true);
      expect(await store.findCodes([device.deviceId])).toMatchObject([{ nonce: text }]);
    }
    await store.close();
  });
}

function pollingSuite(harness: EphemeralHarness): void {
  test('RFC 8628 §3.5: of 100 polls at the same moment, one is in time', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice();
    await store.putDevice(device);
    const states = await Promise.all(Array.from({ length: 100 }, () => store.pollDevice(pollOf(device))));
    expect(states.toSorted()).toEqual(['pending', ...Array.from({ length: 99 }, () => 'slow_down')]);
    await store.close();
  });

  test('RFC 8628 §3.4: another client, another device id and an unknown code learn nothing and count for nothing', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice();
    await store.putDevice(device);
    const poll = pollOf(device);
    const strangers = [
      { ...poll, clientId: 'other' },
      { ...poll, clientId: '' },
      { ...poll, deviceId: `${device.userCode}.x` },
      { ...poll, deviceId: device.userCode },
      { ...poll, userCode: freshId() },
    ];
    for (const stranger of strangers) expect(await store.pollDevice(stranger)).toBe('unknown');
    expect(await store.pollDevice(poll)).toBe('pending');
    await store.decideDevice({ userCode: device.userCode, authorization: sampleAuthorization(), attemptId: 'a' });
    for (const stranger of strangers) expect(await store.pollDevice(stranger)).toBe('unknown');
    await store.close();
  });
}

function slowDownTest(harness: EphemeralHarness): void {
  test('RFC 8628 §3.5: each slow_down adds five seconds to the interval, from then on', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice({ intervalSeconds: 5 });
    await store.putDevice(device);
    const poll = pollOf(device);
    expect(await store.pollDevice(poll)).toBe('pending');
    expect(await store.pollDevice(poll)).toBe('slow_down');
    await harness.pass(9);
    expect(await store.pollDevice(poll)).toBe('slow_down');
    await harness.pass(15);
    expect(await store.pollDevice(poll)).toBe('pending');
    await harness.pass(15);
    expect(await store.pollDevice(poll)).toBe('pending');
    await harness.pass(14);
    expect(await store.pollDevice(poll)).toBe('slow_down');
    await store.close();
  });
}

function decisionsSuite(harness: EphemeralHarness): void {
  test('RFC 8628 §3.4: a device that was approved has a code, and may ask as often as it likes', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice();
    await store.putDevice(device);
    const authorization = sampleAuthorization({ redirectUri: '' });
    const decision = { userCode: device.userCode, authorization, attemptId: 'a' };
    expect(await store.decideDevice(decision)).toBe(true);
    for (let poll = 0; poll < 3; poll += 1) expect(await store.pollDevice(pollOf(device))).toBe('approved');
    expect(await store.findDevice(device.userCode)).toBeUndefined();
    const [code, none] = await store.findCodes([device.deviceId, `${device.userCode}.other`]);
    expect(none).toBeUndefined();
    expect(code).toEqual({ ...authorization, connectorData: expect.anything() });
    expect([...(code?.connectorData ?? [])]).toEqual([...authorization.connectorData]);
    await store.close();
  });

  test('RFC 8628 §3.5: a device that was refused has none', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice();
    await store.putDevice(device);
    expect(await store.decideDevice({ userCode: device.userCode, attemptId: 'a' })).toBe(true);
    expect(await store.pollDevice(pollOf(device))).toBe('denied');
    expect(await store.findCodes([device.deviceId])).toEqual([undefined]);
    expect(await store.findDevice(device.userCode)).toBeUndefined();
    await store.close();
  });

  test('of 100 who decide at once, one gets true, and its decision stands', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice();
    await store.putDevice(device);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        store.decideDevice({
          userCode: device.userCode,
          attemptId: `attempt-${index}`,
          ...(index % 2 === 0 ? { authorization: sampleAuthorization({ nonce: String(index) }) } : {}),
        }),
      ),
    );
    const wins = answers.flatMap((isDecided, index) => (isDecided ? [index] : []));
    expect(wins).toHaveLength(1);
    const isApproved = (wins[0] ?? 0) % 2 === 0;
    expect(await store.pollDevice(pollOf(device))).toBe(isApproved ? 'approved' : 'denied');
    const [code] = await store.findCodes([device.deviceId]);
    expect(code?.nonce).toBe(isApproved ? String(wins[0]) : undefined);
    await store.close();
  });

  test('the same attempt repeated succeeds again and changes nothing; another one does not', async () => {
    const store = await harness.open(() => undefined);
    const device = sampleDevice();
    const { userCode } = device;
    const authorization = sampleAuthorization({ nonce: 'first' });
    expect(await store.decideDevice({ userCode, authorization, attemptId: 'a' })).toBe(false);
    await store.putDevice(device);
    expect(await store.decideDevice({ userCode, authorization, attemptId: 'a' })).toBe(true);
    expect(await store.decideDevice({ userCode, attemptId: 'a' })).toBe(true);
    expect(await store.decideDevice({ userCode, attemptId: 'b' })).toBe(false);
    expect(await store.pollDevice(pollOf(device))).toBe('approved');
    expect((await store.findCodes([device.deviceId]))[0]?.nonce).toBe('first');
    await store.close();
  });
}

/** Device requests, as time passes. */
export function devicesInTime(harness: EphemeralHarness): void {
  test('RFC 8628 §3.5: a poll sooner than the interval is told to slow down; after the interval it is not', async () => {
    const store = await harness.open(() => undefined);
    const intervalSeconds = harness.shortTtlSeconds;
    const [patient, hasty] = [sampleDevice({ intervalSeconds }), sampleDevice({ intervalSeconds })];
    for (const device of [patient, hasty]) {
      await store.putDevice(device);
      expect(await store.pollDevice(pollOf(device))).toBe('pending');
    }
    expect(await store.pollDevice(pollOf(hasty))).toBe('slow_down');
    await harness.pass(intervalSeconds);
    expect(await store.pollDevice(pollOf(patient))).toBe('pending');
    // The interval has grown: what would have been enough before is not.
    expect(await store.pollDevice(pollOf(hasty))).toBe('slow_down');
    await store.close();
  });

  if (harness.isRealTime !== true) slowDownTest(harness);

  test('RFC 8628 §3.5: request, decision and code end with the lifetime, and the user code is free again', async () => {
    const store = await harness.open(() => undefined);
    const ttlSeconds = harness.shortTtlSeconds;
    const [left, approved, polled] = [
      sampleDevice({ ttlSeconds }),
      sampleDevice({ ttlSeconds }),
      sampleDevice({ ttlSeconds }),
    ];
    for (const device of [left, approved, polled]) expect(await store.putDevice(device)).toBe(true);
    const authorization = sampleAuthorization();
    await store.decideDevice({ userCode: approved.userCode, authorization, attemptId: 'a' });
    await store.pollDevice(pollOf(polled));
    await harness.pass(ttlSeconds);
    for (const device of [left, approved, polled]) {
      expect(await store.pollDevice(pollOf(device))).toBe('unknown');
      expect(await store.findDevice(device.userCode)).toBeUndefined();
    }
    expect(await store.findCodes([approved.deviceId])).toEqual([undefined]);
    expect(await store.decideDevice({ userCode: approved.userCode, attemptId: 'a' })).toBe(false);
    expect(await store.putDevice(sampleDevice({ userCode: left.userCode }))).toBe(true);
    await store.close();
  });
}
