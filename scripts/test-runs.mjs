// What `npm test` and `npm run test:long` do: which tests run beside which, and what is said of them at the end. Plain
// JavaScript without dependencies, for run.mjs.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/**
 * Runs a program to its end; resolves with its exit code. `isAside`: beside another, so its output comes in one piece.
 *
 * @typedef {(command: string, args: readonly string[], options?: {isAside?: boolean}) => Promise<number>} Run
 */

/**
 * @typedef {object} Failure
 * @property {string} title
 * @property {string} reason its first line
 */

/**
 * @typedef {object} FileOutcome
 * @property {number} passed
 * @property {readonly Failure[]} failures a file that could not be loaded is one
 */

/**
 * @typedef {object} Outcome
 * @property {string} project
 * @property {Map<string, FileOutcome>} files by path from the root
 * @property {number} other failures that belong to no file
 */

/** @typedef {{root: string, run: Run, folder: string, ending: AbortSignal}} Context */

/** More files than these are no accident of a busy machine. */
const MOST_REPEATED = 5;

/**
 * Stages run one after the other, the lanes of a stage side by side, the projects of a lane one after the other. First those
 * that wait for servers and pages beside those that compute; then those that break things and look at the time it takes,
 * which mostly wait; at the end those that have the machine for themselves.
 *
 * @type {readonly (readonly (readonly string[])[])[]}
 */
const STAGES = [
  [['unit'], ['integration']],
  [['chaos'], ['clusters', 'manifests']],
];
const LONG_STAGES = [...STAGES, [['rehearsals']]];

/**
 * Runs all tests, or those that `args` choose, and prints at the end what failed, in the last line how many. Once `ending` is
 * aborted no further run begins, and that is a failure.
 *
 * @param {{root: string, run: Run, args: readonly string[], isLong?: boolean, ending: AbortSignal}} options
 * @returns {Promise<number>} the exit code
 */
export async function runTests({ root, run, args, isLong = false, ending }) {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-tests-'));
  const context = { root, run, folder, ending };
  try {
    if (args.length > 0) return summary([await runOnce(context, { project: 'chosen', args })], []);
    /** @type {Outcome[]} */
    const outcomes = [];
    for (const stage of isLong ? LONG_STAGES : STAGES) outcomes.push(...(await runStage(context, stage)));
    const { repeated, unsteady } = await repeatFailed(context, outcomes);
    return summary(repeated, unsteady);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {Context} context
 * @param {readonly (readonly string[])[]} stage
 * @returns {Promise<Outcome[]>}
 */
async function runStage(context, stage) {
  const lanes = stage.map(async (projects, index) => {
    const outcomes = [];
    for (const project of projects) {
      for (const part of partsOf(context.root, project)) {
        outcomes.push(await runOnce(context, { ...part, isAside: index > 0 }));
      }
    }
    return outcomes;
  });
  return (await Promise.all(lanes)).flat();
}

/**
 * What of a project runs at once. Each rehearsal runs by itself: what one leaves in its network, as the filters of a container
 * engine, would be in the way of the next.
 *
 * @param {string} root
 * @param {string} project
 * @returns {{project: string, args: string[], report: string}[]}
 */
function partsOf(root, project) {
  const chosen = ['--project', project];
  if (project !== 'rehearsals') return [{ project, args: chosen, report: project }];
  const folders = readdirSync(join(root, 'tests', project)).sort();
  return folders.map((name) => ({
    project,
    args: [...chosen, `tests/${project}/${name}/`],
    report: `${project}-${name}`,
  }));
}

/**
 * Files that failed run again, each project by itself: with other programs beside it on a small machine a server may need
 * longer than a test allows it. What passes then counts as passed, and is told.
 *
 * @param {Context} context
 * @param {readonly Outcome[]} outcomes
 * @returns {Promise<{repeated: Outcome[], unsteady: string[]}>}
 */
async function repeatFailed(context, outcomes) {
  const failed = outcomes.flatMap(({ files }) => failedFiles(files));
  if (context.ending.aborted || failed.length === 0 || failed.length > MOST_REPEATED)
    return { repeated: [...outcomes], unsteady: [] };
  const unsteady = [];
  const repeated = [];
  for (const [index, before] of outcomes.entries()) {
    const names = failedFiles(before.files);
    if (names.length === 0) {
      repeated.push(before);
      continue;
    }
    console.log(`\nRunning again by themselves: ${names.join(', ')}`);
    const { project } = before;
    const again = await runOnce(context, {
      project,
      args: ['--project', project, ...names],
      report: `again-${index}`,
    });
    for (const name of names) {
      const isSteady = (again.files.get(name)?.failures.length ?? 1) > 0;
      if (!isSteady) unsteady.push(...describeFailures(name, before.files.get(name)?.failures ?? []));
    }
    const files = new Map([...before.files, ...names.map((name) => [name, again.files.get(name) ?? notRun])]);
    repeated.push({ project, files, other: before.other + again.other });
  }
  return { repeated, unsteady };
}

/** @type {FileOutcome} */
const notRun = { passed: 0, failures: [{ title: 'all of it', reason: 'was not run' }] };

/**
 * @param {ReadonlyMap<string, FileOutcome>} files
 * @returns {string[]}
 */
function failedFiles(files) {
  return [...files].filter(([, { failures }]) => failures.length > 0).map(([name]) => name);
}

/**
 * @param {string} file
 * @param {readonly Failure[]} failures
 */
function describeFailures(file, failures) {
  return failures.map(({ title, reason }) => `  ${file}: ${title}\n    ${reason}`);
}

/**
 * @param {readonly Outcome[]} outcomes
 * @param {readonly string[]} unsteady
 */
function summary(outcomes, unsteady) {
  const files = outcomes.flatMap((outcome) => [...outcome.files]);
  const failures = files.flatMap(([name, outcome]) => describeFailures(name, outcome.failures));
  for (const { project, other } of outcomes) {
    if (other > 0) failures.push(`  ${project}: an error outside of any test; see above`);
  }
  if (unsteady.length > 0)
    console.log(`\nFailed at first, and passed when run again by themselves:\n${unsteady.join('\n')}`);
  if (failures.length > 0) console.log(`\nFailed:\n${failures.join('\n')}`);
  const passed = files.reduce((sum, [, outcome]) => sum + outcome.passed, 0);
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0 ? 0 : 1;
}

/**
 * @param {Context} context
 * @param {{project: string, args: readonly string[], isAside?: boolean, report?: string}} options
 * @returns {Promise<Outcome>}
 */
async function runOnce({ root, run, folder, ending }, { project, args, isAside = false, report = project }) {
  if (ending.aborted) return { project, files: new Map([[`the tests of ${project}`, notRun]]), other: 0 };
  const file = join(folder, `${report}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const vitest = ['vitest', 'run', ...reporters, ...args];
  const [command = '', ...rest] = project === 'rehearsals' ? [...IN_OWN_NETWORK, ...vitest] : vitest;
  const code = await run(command, rest, { isAside });
  const files = readOutcomes(root, file);
  const isTold = failedFiles(files).length > 0;
  return { project, files, other: code !== 0 && !isTold ? 1 : 0 };
}

/** Containers of rehearsals, the tests and the browser share a network that nobody else is on; container tools mount for themselves. */
const IN_OWN_NETWORK = ['unshare', '--net', '--mount', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

/**
 * @param {string} root
 * @param {string} report
 * @returns {Map<string, FileOutcome>}
 */
function readOutcomes(root, report) {
  if (!existsSync(report)) return new Map();
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return new Map(testResults.map((result) => [relative(root, result.name), outcomeOf(result)]));
}

/** A file that could not be loaded has no tests that failed, and still counts. */
function outcomeOf({ status, message, assertionResults }) {
  const failures = assertionResults
    .filter((one) => one.status === 'failed')
    .map(({ fullName, failureMessages }) => ({ title: fullName, reason: firstLine(failureMessages[0]) }));
  if (status === 'failed' && failures.length === 0) {
    failures.push({ title: 'the whole file', reason: firstLine(message) });
  }
  return { passed: assertionResults.filter((one) => one.status === 'passed').length, failures };
}

/** @param {string | undefined} text */
function firstLine(text = '') {
  return (text.split('\n').find((line) => line.trim() !== '') ?? 'no message').trim().slice(0, 300);
}
