import { inspect } from 'node:util';
import { failed, succeeded } from '@tessera/rpc';
import { expect, test } from 'vitest';
import { PartialFailure } from './partial-failure.ts';
import { grantExists, storeUnavailable } from './store-errors.ts';

test('what some items failed with is told of each, and of the whole the first of it', () => {
  const outcomes = [succeeded('a secret answer'), failed(storeUnavailable('etcd')), failed(grantExists())];
  const failure = new PartialFailure(outcomes);
  expect(failure).toMatchObject({ kind: 'unavailable', code: 'storage.unavailable', retryAfterSeconds: 1 });
  expect(outcomes.map((_, index) => failure.outcomeAt(index))).toEqual(outcomes);
  expect(failure.outcomeAt(3)).toEqual(failed(failure));
});

test('answers stand in no log of the failure', () => {
  const failure = new PartialFailure([succeeded('a secret answer'), failed(grantExists())]);
  for (const text of [
    inspect(failure, { depth: 9, showHidden: true }),
    JSON.stringify(Object.assign({}, failure)),
    failure.stack,
  ]) {
    expect(text).not.toContain('a secret answer');
  }
});
