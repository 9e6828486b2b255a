import { TesseraError } from '@tessera/errors';
import { currentContext, runInContext, type WorkContext } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createBatcher, failed, type Outcome, succeeded } from './batcher.ts';

/** A batcher whose batches are answered by the test. */
function heldBatcher(limits: { maxItems?: number; maxInFlight?: number; maxQueued?: number } = {}) {
  const sent: { readonly items: readonly number[]; answer(): void }[] = [];
  const send = (items: readonly number[]) =>
    new Promise<Outcome<string>[]>((resolve) => {
      sent.push({ items, answer: () => resolve(items.map((item) => succeeded(`answer ${item}`))) });
    });
  return { sent, call: createBatcher({ name: 'test', send, ...limits }) };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('calls of one turn leave as one batch in their order, and each gets its own answer', async () => {
  const batches: (readonly number[])[] = [];
  const send = async (items: readonly number[]) => {
    batches.push(items);
    return items.map((item) => succeeded(item * 10));
  };
  const call = createBatcher({ name: 'test', send });
  expect(await Promise.all([call(1), call(2), call(3)])).toEqual([10, 20, 30]);
  expect(await call(4)).toBe(40);
  expect(batches).toEqual([[1, 2, 3], [4]]);
});

test('a lone call waits for nobody: it leaves in the turn it was made in', async () => {
  const { sent, call } = heldBatcher();
  const answer = call(1);
  await turn();
  expect(sent.map(({ items }) => items)).toEqual([[1]]);
  sent[0]?.answer();
  expect(await answer).toBe('answer 1');
});

test('one item that fails fails alone', async () => {
  const refusal = new TesseraError({ kind: 'conflict', code: 'test.no', message: 'no' });
  const send = async (items: readonly number[]) =>
    items.map((item) => (item === 2 ? failed(refusal) : succeeded(item)));
  const call = createBatcher({ name: 'test', send });
  const [first, second, third] = await Promise.allSettled([call(1), call(2), call(3)]);
  expect(first).toMatchObject({ value: 1 });
  expect(second).toMatchObject({ reason: refusal });
  expect(third).toMatchObject({ value: 3 });
});

test('an answer with too few outcomes is an internal error for those left out, never a success', async () => {
  const call = createBatcher({ name: 'test', send: async () => [succeeded('only one')] });
  const [first, second] = await Promise.allSettled([call(1), call(2)]);
  expect(first).toMatchObject({ value: 'only one' });
  expect(second).toMatchObject({ reason: { kind: 'internal' } });
});

test('a batch that fails as a whole, also before it is sent, fails each of its items, and the next one is sent', async () => {
  let calls = 0;
  const send = (): Promise<Outcome<string>[]> => {
    calls += 1;
    if (calls === 1) throw new Error('not a promise even');
    return Promise.resolve([succeeded('recovered')]);
  };
  const call = createBatcher({ name: 'test', send, maxInFlight: 1 });
  const failures = await Promise.allSettled([call(1), call(2)]);
  expect(failures).toMatchObject([{ reason: { kind: 'internal' } }, { reason: { kind: 'internal' } }]);
  expect(await call(3)).toBe('recovered');
});

test('a batch holds no more than maxItems', async () => {
  const { sent, call } = heldBatcher({ maxItems: 2, maxInFlight: 3 });
  const answers = Promise.all([1, 2, 3, 4, 5].map(call));
  await turn();
  expect(sent.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5]]);
  for (const batch of sent) batch.answer();
  expect(await answers).toHaveLength(5);
});

test('while maxInFlight batches are under way, calls gather and leave together', async () => {
  const { sent, call } = heldBatcher({ maxInFlight: 1 });
  const answers = [call(1)];
  for (const item of [2, 3, 4]) {
    await turn();
    answers.push(call(item));
  }
  await turn();
  expect(sent.map(({ items }) => items)).toEqual([[1]]);
  sent[0]?.answer();
  await turn();
  await turn();
  expect(sent.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
  sent[1]?.answer();
  expect(await Promise.all(answers)).toHaveLength(4);
});

test('a full queue refuses further calls at once with resource_exhausted', async () => {
  const { sent, call } = heldBatcher({ maxInFlight: 1, maxQueued: 2 });
  const first = call(1);
  await turn();
  const waiting = [call(2), call(3)];
  await expect(call(4)).rejects.toMatchObject({ kind: 'resource_exhausted', code: 'rpc.queue_full' });
  sent[0]?.answer();
  await turn();
  await turn();
  sent[1]?.answer();
  expect(await Promise.all([first, ...waiting])).toHaveLength(3);
});

test('a batch has the deadline of its most patient caller and the request id of its first', async () => {
  const seen: (WorkContext | undefined)[] = [];
  const send = async (items: readonly number[]) => {
    seen.push(currentContext());
    return items.map(succeeded);
  };
  const call = createBatcher({ name: 'test', send });
  const nowMs = performance.now();
  const inContext = (requestId: string, deadlineMs?: number) =>
    runInContext({ requestId, ...(deadlineMs === undefined ? {} : { deadlineMs }) }, () => call(1));
  await Promise.all([inContext('first', nowMs + 1_000), inContext('second', nowMs + 9_000)]);
  await Promise.all([inContext('third', nowMs + 1_000), inContext('without a limit')]);
  expect(seen).toEqual([{ requestId: 'first', deadlineMs: nowMs + 9_000 }, { requestId: 'third' }]);
});

test('a caller whose time ran out in the queue is told so, and its item is not sent', async () => {
  const { sent, call } = heldBatcher({ maxInFlight: 1 });
  const first = call(1);
  await turn();
  const late = runInContext({ requestId: 'late', deadlineMs: performance.now() }, () => call(2));
  const other = call(3);
  sent[0]?.answer();
  await expect(late).rejects.toMatchObject({ kind: 'deadline_exceeded' });
  await turn();
  expect(sent.map(({ items }) => items)).toEqual([[1], [3]]);
  sent[1]?.answer();
  await Promise.all([first, other]);
});
