import { expect, test } from 'vitest';
import { RecordRefused } from './record-refused.ts';
import { sendInOrder } from './send-in-order.ts';

/** A topic that refuses a request with one of these, after having written what stands before it in the request. */
function topicRefusing(...bad: readonly number[]) {
  const written: number[] = [];
  const requests: number[] = [];
  const send = async (records: readonly number[]): Promise<void> => {
    requests.push(records.length);
    const firstBad = records.findIndex((record) => bad.includes(record));
    written.push(...(firstBad < 0 ? records : records.slice(0, firstBad)));
    if (firstBad >= 0) throw new RecordRefused('too large');
  };
  return { written, requests, send };
}

const upTo = (count: number): number[] => [...Array(count).keys()];

test.each([
  { count: 1, bad: [] },
  { count: 1, bad: [0] },
  { count: 2, bad: [0] },
  { count: 250, bad: [0] },
  { count: 250, bad: [249] },
  { count: 250, bad: [3, 4, 130] },
  { count: 7, bad: [0, 1, 2, 3, 4, 5, 6] },
])('Of $count records exactly the refused ones ($bad) are left out, and the others arrive in order', async (sample) => {
  const { written, requests, send } = topicRefusing(...sample.bad);
  const outcome = await sendInOrder(upTo(sample.count), send);
  const good = upTo(sample.count).filter((record) => !sample.bad.includes(record));
  expect(outcome).toEqual({ published: good, refused: sample.bad.map((index) => ({ index, reason: 'too large' })) });
  expect([...new Set(written)]).toEqual(good);
  expect(requests.length).toBeLessThanOrEqual(1 + 2 * sample.bad.length * Math.ceil(Math.log2(sample.count) || 1));
});

test('Behind a failure nothing is sent, and what was sent before counts', async () => {
  const lost = new Error('no broker');
  const written: number[] = [];
  let requests = 0;
  const outcome = await sendInOrder(upTo(8), async (records) => {
    requests += 1;
    if (requests === 3) throw lost;
    if (records.includes(6)) throw new RecordRefused('too large');
    written.push(...records);
  });
  expect(written).toEqual([0, 1, 2, 3]);
  expect(outcome).toEqual({ published: [0, 1, 2, 3], refused: [], failure: lost });
  expect(requests).toBe(3);
});

test('Nothing to send is not sent', async () => {
  const { requests, send } = topicRefusing();
  expect(await sendInOrder([], send)).toEqual({ published: [], refused: [] });
  expect(requests).toEqual([]);
});
