import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitIntoRounds } from './rounds.ts';

test('no key stands twice in a round, nothing is lost, and each key keeps its order', () => {
  const items = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat() }));
  fc.assert(
    fc.property(items, (list) => {
      const rounds = splitIntoRounds(list, ({ key }) => key);
      for (const round of rounds) expect(new Set(round.map(({ key }) => key)).size).toBe(round.length);
      for (const key of ['a', 'b', 'c']) {
        expect(rounds.flat().filter((item) => item.key === key)).toEqual(list.filter((item) => item.key === key));
      }
    }),
  );
});
