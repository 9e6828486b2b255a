import { parseArgs } from 'node:util';
import { describeHistory } from './checker.ts';
import { explore } from './explore.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, histories: { type: 'string', default: '2000' } },
});
const [seed, histories] = [Number(values.seed), Number(values.histories)];
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(histories) || histories < 1) {
  process.stderr.write('--seed and --histories take whole numbers\n');
  process.exit(2);
}
const found = await explore({ seed, histories, longestSeconds: 3600 });
for (const history of found.violations)
  process.stderr.write(`no order of these calls explains the answers:\n${describeHistory(history)}\n\n`);
const deeds = new Map<string, number>();
for (const deed of found.deeds) deeds.set(deed, (deeds.get(deed) ?? 0) + 1);
process.stdout.write(
  `seed ${seed}: ${found.histories} histories, ${found.calls} calls (${found.unanswered} not answered), ` +
    `${[...deeds].map(([deed, count]) => `${deed} ${count}`).join(', ')}: ${found.violations.length} violations\n`,
);
process.exitCode = found.violations.length === 0 ? 0 : 1;
