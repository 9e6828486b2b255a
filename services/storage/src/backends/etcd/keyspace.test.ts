import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyspace, type Prefix } from './keyspace.ts';

const within = (prefix: Prefix<never>, key: Buffer): boolean =>
  Buffer.compare(key, prefix.after(undefined)) >= 0 && Buffer.compare(key, prefix.end) < 0;

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.toWellFormed());

test('what stands under one owner or subject is not found under another, whatever they are called', () => {
  const keys = createKeyspace({ namespace: 'dex' });
  const property = fc.property(text, text, text, (left, right, id) => {
    fc.pre(left !== right);
    expect(within(keys.by('subject', right), keys.by('subject', left).key(id))).toBe(false);
    expect(within(keys.owners('session', right), keys.owners('session', left).key(id))).toBe(false);
    expect(within(keys.owners('session', left), keys.owners('session', left).key(id))).toBe(true);
  });
  fc.assert(property);
});

test('what stands of one kind is not found under another, and comes back by its id', () => {
  const keys = createKeyspace({ namespace: '' });
  const property = fc.property(text, (id) => {
    const key = keys.records('client').key(id);
    expect(within(keys.records('client'), key)).toBe(true);
    expect(within(keys.records('consent'), key)).toBe(false);
    expect(keys.records('client').rest(key)).toBe(id);
    expect(Buffer.compare(keys.records('client').after(id), key)).toBeGreaterThan(0);
  });
  fc.assert(property);
});

test('moments in keys are in the order of time', () => {
  const keys = createKeyspace({ namespace: 'a/' });
  const moment = fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.getTime());
  const property = fc.property(moment, moment, (left, right) => {
    const order = Buffer.compare(keys.ends.key(left, 'z'), keys.ends.key(right, 'a'));
    expect(order).toBe(left <= right && left !== right ? -1 : 1);
  });
  fc.assert(property);
});

test('a namespace has its slash once, and an empty one none', () => {
  expect(createKeyspace({ namespace: '' }).retired.toString()).toBe('tessera/retired');
  expect(createKeyspace({ namespace: 'dex' }).retired.toString()).toBe('dex/tessera/retired');
  expect(createKeyspace({ namespace: '/dex/' }).retired.toString()).toBe('/dex/tessera/retired');
});
