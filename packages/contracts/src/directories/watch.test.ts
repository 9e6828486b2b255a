import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createWatch } from './watch.ts';

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function watchOf(load: (known: number | undefined) => Promise<number>, isFatal?: (error: unknown) => boolean) {
  const clock = createFakeClock();
  const options = { what: 'numbers', clock, logger: silentLogger, pauseMs: () => 1000, load };
  return { clock, watch: createWatch(isFatal === undefined ? options : { ...options, isFatal }) };
}

test('a watch keeps trying until the first load succeeds, and then is ready', async () => {
  let calls = 0;
  const { clock, watch } = watchOf(async () => {
    calls += 1;
    if (calls < 3) throw new Error('down');
    return calls;
  });
  await settled();
  clock.advance(0.5);
  await settled();
  clock.advance(0.5);
  await watch.ready();
  await settled();
  expect(watch.current()).toBe(3);
});

test('a source that fails later leaves the last value standing', async () => {
  let calls = 0;
  const { clock, watch } = watchOf(async () => {
    calls += 1;
    if (calls > 1) throw new Error('down');
    return 1;
  });
  await watch.ready();
  await settled();
  clock.advance(1);
  await settled();
  expect([calls, watch.current()]).toEqual([2, 1]);
});

test('callers who ask for a refresh at the same time share one load, and the loop stays a single one', async () => {
  let calls = 0;
  const { clock, watch } = watchOf(async () => {
    calls += 1;
    return calls;
  });
  await watch.ready();
  await settled();
  await Promise.all([watch.refresh(), watch.refresh(), watch.refresh()]);
  expect(calls).toBe(2);
  clock.advance(1);
  await settled();
  expect(calls).toBe(3);
  watch.close();
  clock.advance(60);
  await settled();
  expect(calls).toBe(3);
});

test('an error that trying again cannot mend makes ready reject', async () => {
  const { watch } = watchOf(
    () => Promise.reject(new Error('wrong key')),
    () => true,
  );
  await expect(watch.ready()).rejects.toThrow('wrong key');
  watch.close();
});
