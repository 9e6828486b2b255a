import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePosition, positionOf } from './event-value.ts';
import { createKeyspace } from './keyspace.ts';

const keys = createKeyspace({ namespace: '' });
const place = fc.record({
  revision: fc.nat().map((value) => value + 1),
  lane: fc.nat(15),
  ms: fc.nat(),
  order: fc.nat(999),
  id: fc.string({ minLength: 1, unit: 'grapheme' }).map((id) => id.toWellFormed()),
});
type Place = typeof place extends fc.Arbitrary<infer T> ? T : never;

function positionAt({ revision, lane, ms, order, id }: Place): string {
  const key = keys.lane(lane).key(ms, String(order).padStart(3, '0'), id);
  const entry = { key, create_revision: String(revision), mod_revision: '0', version: '1', value: Buffer.of() };
  return positionOf(entry, keys.outbox.rest(key));
}

test('a position says where its event stands, whatever its id', () => {
  const property = fc.property(place, (one) => {
    const parsed = parsePosition(positionAt(one));
    expect(parsed).toMatchObject({ revision: String(one.revision), id: one.id });
    const key = keys.lane(one.lane).key(one.ms, String(one.order).padStart(3, '0'), one.id);
    expect(keys.outbox.at(parsed?.rest ?? '')).toEqual(key);
  });
  fc.assert(property);
});

test('positions are in the order of commits, and within one of what was put', () => {
  const property = fc.property(place, place, (left, right) => {
    const isBefore = left.revision < right.revision || (left.revision === right.revision && left.order < right.order);
    if (isBefore) expect(positionAt(left) < positionAt(right)).toBe(true);
  });
  fc.assert(property);
});

test('what is no position is none', () => {
  for (const text of ['', '1', '00000000000000000001.000.01/x', 'x'.repeat(70)]) {
    expect(parsePosition(text)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parsePosition(text)).toBeUndefined();
    }),
  );
});
