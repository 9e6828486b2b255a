import { describe, expect, test } from 'vitest';
import type { ConformanceModule } from './modules/conformance-module.ts';
import { MODULES } from './modules/index.ts';
import { PLANS } from './plans.ts';

/** How many modules the suite runs for each plan. */
const COUNTS = {
  'oidcc-config-certification-test-plan': 1,
  'oidcc-basic-certification-test-plan': 38,
  'oidcc-implicit-certification-test-plan': 58,
  'oidcc-hybrid-certification-test-plan': 102,
  'oidcc-formpost-basic-certification-test-plan': 38,
  'oidcc-formpost-implicit-certification-test-plan': 58,
  'oidcc-formpost-hybrid-certification-test-plan': 102,
  'oidcc-rp-initiated-logout-certification-test-plan': 11,
  'oidcc-session-management-certification-test-plan': 2,
  'oidcc-frontchannel-rp-initiated-logout-certification-test-plan': 2,
  'oidcc-backchannel-rp-initiated-logout-certification-test-plan': 2,
};

/** What a certification lets end as skipped where nothing is taken that nobody signed. */
const SKIPPED = [
  'oidcc-idtoken-unsigned',
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
];

describe('plans', () => {
  test('each has as many modules as the suite runs for it, and none twice', () => {
    expect(Object.fromEntries(PLANS.map(({ id, entries }) => [id, entries.length]))).toEqual(COUNTS);
    for (const { entries } of PLANS) {
      expect(new Set(entries.map((entry) => JSON.stringify(entry))).size).toBe(entries.length);
    }
  });

  test('every module belongs to a plan', () => {
    const planned = new Set(PLANS.flatMap(({ entries }) => entries.map(({ module }) => module)));
    expect(planned).toEqual(new Set(Object.keys(MODULES)));
  });

  test('only what a certification lets be skipped has a reason for it', () => {
    const modules: [string, ConformanceModule][] = Object.entries(MODULES);
    expect(modules.filter(([, { skipReason }]) => skipReason !== undefined).map(([name]) => name)).toEqual(SKIPPED);
  });
});
