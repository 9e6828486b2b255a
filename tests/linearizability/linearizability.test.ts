import { expect, test } from 'vitest';
import { describeHistory } from './checker.ts';
import { explore } from './explore.ts';

// The long form, with a seed and a number of one's own: npm run histories -- --seed 7 --histories 5000
const SEED = 20_261_122;

test('N15 N18: whatever is killed or paused, no code or refresh token is honoured twice, and none that was answered is lost', async () => {
  const found = await explore({ seed: SEED, histories: 600, longestSeconds: 25 });
  expect(found.violations.map(describeHistory)).toEqual([]);
  expect(found.histories).toBeGreaterThan(100);
  expect(found.deeds.length).toBeGreaterThan(5);
});
