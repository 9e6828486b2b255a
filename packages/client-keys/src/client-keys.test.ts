import { createFakeClock } from '@tessera/clock';
import type { JwsHeader } from '@tessera/oauth';
import type { LogFields, Logger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createClientKeys } from './client-keys.ts';
import { createFakeEgress, down } from './testing/fake-egress.ts';
import { createTestKey } from './testing/test-key.ts';

const jwksUri = 'https://keys.example/jwks?canary';
const unavailable = { kind: 'unavailable', code: 'client_keys.unavailable' };
const first = { ...createTestKey('ES256').jwk, kid: 'k1' };
const second = { ...createTestKey('ES256').jwk, kid: 'k2' };

function setUp(more: { readonly maxSets?: number } = {}) {
  const clock = createFakeClock();
  const egress = createFakeEgress();
  egress.answers.set(jwksUri, { keys: [first] });
  const lines: LogFields[] = [];
  const write = (fields: LogFields) => void lines.push(fields);
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const keys = createClientKeys({ egress, clock, logger, ...more });
  const find = async (kid = 'k1', uri = jwksUri) =>
    (await keys.find({ jwksUri: uri }, { alg: 'ES256', kid })).map((key) => key.kid);
  return { clock, egress, lines, keys, find };
}

test('OIDC Core §10.1: inline keys are used as they are, and nobody is asked for any', async () => {
  const { keys, egress } = setUp();
  const header: JwsHeader = { alg: 'ES256', kid: 'k1' };
  const found = await keys.find({ jwks: { keys: [first] }, jwksUri }, header);
  expect(found.map(({ kid, alg }) => [kid, alg])).toEqual([['k1', 'ES256']]);
  expect(await keys.find({ jwks: { keys: [second] } }, header)).toEqual([]);
  expect(await keys.find({}, header)).toEqual([]);
  expect(egress.asked).toEqual([]);
});

test('N45, N47: a set is fetched when first needed, within 64 KiB, and kept for ten minutes', async () => {
  const { find, egress, clock } = setUp();
  expect(await find()).toEqual(['k1']);
  expect(egress.asked).toMatchObject([{ url: jwksUri, maxBytes: 65_536 }]);
  clock.advance(599);
  expect(await find()).toEqual(['k1']);
  expect(egress.asked).toHaveLength(1);
  clock.advance(1);
  expect(await find()).toEqual(['k1']);
  expect(egress.asked).toHaveLength(2);
});

test('Callers who need one set at one time share one request', async () => {
  const { find, egress } = setUp();
  expect(await Promise.all([find(), find(), find('k1')])).toEqual([['k1'], ['k1'], ['k1']]);
  expect(egress.asked).toHaveLength(1);
});

test('N78: an unknown kid leads to a new fetch, at most once a minute', async () => {
  const { find, egress, clock } = setUp();
  await find();
  egress.answers.set(jwksUri, { keys: [first, second] });
  expect(await find('k2')).toEqual([]);
  clock.advance(60);
  expect(await find('k2')).toEqual(['k2']);
  expect(await find('nobody')).toEqual([]);
  clock.advance(59);
  expect(await find('nobody')).toEqual([]);
  expect(egress.asked).toHaveLength(2);
});

test('N78: nobody is asked for keys of an algorithm that is not spoken', async () => {
  const { keys, egress } = setUp();
  for (const alg of ['none', 'HS256', 'RSA1_5']) expect(await keys.find({ jwksUri }, { alg })).toEqual([]);
  expect(egress.asked).toEqual([]);
});

test('Keys that cannot be renewed go on being used, with one attempt a minute, but for a day at most', async () => {
  const { find, egress, clock } = setUp();
  await find();
  egress.answers.set(jwksUri, down);
  clock.advance(600);
  expect(await find()).toEqual(['k1']);
  expect(await find()).toEqual(['k1']);
  expect(await find('unknown')).toEqual([]);
  expect(egress.asked).toHaveLength(2);
  clock.advance(60);
  expect(await find()).toEqual(['k1']);
  expect(egress.asked).toHaveLength(3);
  clock.advance(86_400);
  await expect(find()).rejects.toMatchObject(unavailable);
});

test('Without any keys the answer is unavailable, and the address is asked again after ten seconds', async () => {
  const { find, egress, clock, lines } = setUp();
  egress.answers.set(jwksUri, down);
  await expect(find()).rejects.toMatchObject(unavailable);
  await expect(find()).rejects.toMatchObject(unavailable);
  expect(egress.asked).toHaveLength(1);
  egress.answers.set(jwksUri, { keys: [first] });
  clock.advance(10);
  expect(await find()).toEqual(['k1']);
  expect(lines).toMatchObject([{ host: 'keys.example' }]);
});

test('N45: a redirect, an error and what is no key set are no keys, and nothing of them is logged', async () => {
  const tooMany = { keys: Array.from({ length: 101 }, () => first) };
  for (const answer of [302, 404, 500, 'canary', '[]', {}, tooMany]) {
    const { find, egress, lines } = setUp();
    egress.answers.set(jwksUri, answer);
    await expect(find()).rejects.toMatchObject(unavailable);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('canary');
  }
});

test('N86: of many sets the ones used last are kept', async () => {
  const { find, egress } = setUp({ maxSets: 2 });
  const uri = (name: string) => `https://${name}.example/jwks`;
  for (const name of ['a', 'b', 'c']) egress.answers.set(uri(name), { keys: [first] });
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await find('k1', uri(name));
  expect(egress.asked.map(({ url }) => new URL(url).host.slice(0, 1))).toEqual(['a', 'b', 'c', 'b']);
});

test('After close what was fetched is forgotten', async () => {
  const { find, egress, keys } = setUp();
  await find();
  keys.close();
  await find();
  expect(egress.asked).toHaveLength(2);
});
