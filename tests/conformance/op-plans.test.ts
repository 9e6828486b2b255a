import { type LaunchedBrowser, launchBrowser } from '@tessera/testkit';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { shapes } from '../support/shapes.ts';
import { type ClientListener, startClientListener } from './driver/listener.ts';
import { createRuns, type Runs } from './driver/module-run.ts';
import { discover } from './driver/provider.ts';
import type { ConformanceModule } from './modules/conformance-module.ts';
import { MODULES } from './modules/index.ts';
import { PLANS } from './plans.ts';

/** Modules in which somebody signed in before. */
const NEEDS_EARLIER_PEOPLE = PLANS.flatMap(({ entries }) => entries).filter(
  ({ module }) => module === 'oidcc-prompt-login' || module === 'oidcc-max-age-1',
).length;

const system = inject('conformance');
let listener: ClientListener;
let chromium: LaunchedBrowser;

beforeAll(async () => {
  listener = await startClientListener(system.clientOrigin);
  chromium = await launchBrowser();
});
afterAll(async () => {
  await chromium?.close();
  await listener?.close();
});

describe.each(shapes)('$name', { concurrent: true }, ({ issuer }) => {
  let runs: Runs;

  beforeAll(async () => {
    const openScreen = () => chromium.newPage();
    const parts = { provider: await discover(issuer), system, listener, openScreen };
    runs = await createRuns(parts, NEEDS_EARLIER_PEOPLE);
  });

  describe.each(PLANS)('$id', ({ entries }) => {
    for (const entry of entries) {
      const { checks, skipReason, run }: ConformanceModule = MODULES[entry.module];
      const how = entry.responseMode === 'default' ? entry.responseType : `${entry.responseType} by form_post`;
      const outcome = skipReason === undefined ? checks : `skipped, as ${skipReason}`;
      test(`${entry.module} (${how}): ${outcome}`, () => run(runs.of(entry)));
    }
  });
});
