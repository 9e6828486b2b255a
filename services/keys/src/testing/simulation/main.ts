import { parseArgs } from 'node:util';
import { chooseScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1000' },
    days: { type: 'string', default: '90' },
  },
});
const [seed, runs, days] = [Number(values.seed), Number(values.runs), Number(values.days)];
if (![seed, runs].every(Number.isSafeInteger) || runs < 1 || !(days > 0)) {
  process.stderr.write('--seed and --runs take whole numbers, --days a number\n');
  process.exit(2);
}
const sums = { verified: 0, keys: 0, refused: 0, pause: 0, cut: 0, restart: 0, unverifiable: 0 };
for (let number = seed; number < seed + runs; number += 1) {
  const result = await simulate({ ...chooseScenario(number), days });
  for (const name of ['verified', 'keys', 'refused'] as const) sums[name] += result[name];
  for (const name of ['pause', 'cut', 'restart'] as const) sums[name] += result.troubles[name];
  sums.unverifiable += result.unverifiable.length;
  for (const token of result.unverifiable.slice(0, 3)) {
    process.stderr.write(`seed ${number}: ${JSON.stringify(token)}\n`);
  }
}
process.stdout.write(
  `${runs} runs of ${days} days from seed ${seed}: ${sums.verified} tokens verified, ${sums.keys} keys signed, ` +
    `${sums.refused} refusals, ${sums.pause} pauses, ${sums.cut} cuts, ${sums.restart} restarts: ` +
    `${sums.unverifiable} tokens that could not be verified\n`,
);
process.exitCode = sums.unverifiable === 0 ? 0 : 1;
