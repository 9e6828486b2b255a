import { refreshScenario } from './scenarios/refresh.ts';
import { signingScenario } from './scenarios/signing/signing.ts';
import { outboxScenario } from './scenarios/storage/outbox.ts';
import { storageScenario } from './scenarios/storage/storage.ts';
import { sweepScenario } from './scenarios/storage/sweep.ts';

/** Runs a scenario with its arguments; resolves with the exit code. */
type Scenario = (args: readonly string[]) => Promise<number>;

const scenarios: Readonly<Record<string, Scenario>> = {
  refresh: refreshScenario,
  storage: storageScenario,
  outbox: outboxScenario,
  sweep: sweepScenario,
  signing: signingScenario,
};

const [name = '', ...args] = process.argv.slice(2);
const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
if (scenario === undefined) {
  console.error(`usage: npm run bench -- SCENARIO [options]\nscenarios: ${Object.keys(scenarios).join(', ')}`);
  process.exitCode = 2;
} else {
  process.exitCode = await scenario(args);
}
