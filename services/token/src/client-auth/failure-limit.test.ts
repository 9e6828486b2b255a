import { expect, it } from 'vitest';
import { createHarness, SECRET } from '../testing/harness.ts';
import { basicHeader } from '../testing/request.ts';
import { createFailureLimit } from './failure-limit.ts';

const form = { grant_type: 'refresh_token', refresh_token: 'x' };

it('RFC 6749 §2.3.1, N64: after twenty wrong secrets within a minute attempts of that source are postponed, right ones too', async () => {
  const harness = await createHarness();
  const attempt = (secret: string) => harness.post('token', form, basicHeader('app', secret));
  for (let count = 0; count < 20; count += 1) expect((await attempt(`wrong-${count}`)).status).toBe(401);
  const postponed = await attempt(SECRET);
  expect([postponed.status, postponed.body['error'], postponed.headers['retry-after']]).toEqual([
    429,
    'temporarily_unavailable',
    '60',
  ]);
  // Another client of the same source, and the same one a minute later.
  expect((await harness.post('token', form, basicHeader('other', 'other-secret'))).status).toBe(400);
  harness.clock.advance(60);
  expect((await attempt(SECRET)).status).toBe(400);
});

it('RFC 6749 §2.3.1: a success ends the count', async () => {
  const harness = await createHarness();
  const attempt = (secret: string) => harness.post('token', form, basicHeader('app', secret));
  for (let round = 0; round < 3; round += 1) {
    for (let count = 0; count < 19; count += 1) await attempt('wrong');
    expect((await attempt(SECRET)).status).toBe(400);
  }
});

it('RFC 6177 §2: all addresses of one IPv6 network are one source', () => {
  const limit = createFailureLimit({ now: () => new Date(0) });
  for (let count = 0; count < 20; count += 1) limit.note('app', `2001:db8:1:2::${count}`);
  expect(limit.waitSeconds('app', '2001:db8:1:2:ffff::1')).toBe(60);
  expect(limit.waitSeconds('app', '2001:db8:1:3::1')).toBe(0);
  limit.forget('app', '2001:db8:1:2::abcd');
  expect(limit.waitSeconds('app', '2001:db8:1:2::1')).toBe(0);
});

it('counts no more than ten thousand pairs; the oldest makes room', () => {
  const limit = createFailureLimit({ now: () => new Date(0) });
  for (let count = 0; count < 20; count += 1) limit.note('app', 'first');
  expect(limit.waitSeconds('app', 'first')).toBe(60);
  for (let count = 0; count < 10_000; count += 1) limit.note('app', String(count));
  expect(limit.waitSeconds('app', 'first')).toBe(0);
});
