import { expect, test } from 'vitest';
import { createWatchSharing } from './shared-watch.ts';

function createFakeWatch() {
  const state = { made: 0, closed: 0 };
  const create = () => {
    state.made += 1;
    return {
      current: () => state.made,
      onChange: () => () => undefined,
      check: async () => undefined,
      close() {
        state.closed += 1;
      },
    };
  };
  return { state, create };
}

test('those who ask for one name share a watch, which ends with the last of them', () => {
  const sharing = createWatchSharing();
  const { state, create } = createFakeWatch();
  const [first, second] = [sharing.open('a', create), sharing.open('a', create)];
  sharing.open('b', create);
  expect([first.current(), second.current(), state.made]).toEqual([2, 2, 2]);
  first.close();
  first.close();
  expect(state.closed).toBe(0);
  second.close();
  expect(state.closed).toBe(1);
  sharing.open('a', create);
  expect(state.made).toBe(3);
});
