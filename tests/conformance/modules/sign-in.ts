import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { expectErrorAtClient } from '../conditions/authorization-answer.ts';
import { INTERACTION_ERRORS } from '../conditions/logout.ts';
import { authorize } from '../driver/authorize.ts';
import { completeFlow, type FlowResult } from '../driver/flow.ts';
import type { ModuleRun } from '../driver/module-run.ts';
import type { Modules } from './conformance-module.ts';

/** Waits until the first sign-in is so old that a second one has a later `auth_time`, which counts whole seconds. */
async function whenOlderThan(seconds: number, { claims }: FlowResult): Promise<void> {
  const signedInAt = Number(claims['auth_time']) * 1_000;
  await delay(Math.max(0, signedInAt + seconds * 1_000 - Date.now()));
}

/** Asks for somebody who is signed in, and again when that sign-in is `ageSeconds` old: they have to sign in anew. */
async function expectNewSignIn(run: ModuleRun, ageSeconds: number, parameters: Record<string, string>): Promise<void> {
  const person = await run.signedInEarlier();
  const first = await completeFlow(run, { person });
  await whenOlderThan(ageSeconds, first);
  const second = await completeFlow(run, { person, parameters });
  expect(second.request.visit.pages).toContain('login');
  expect(second.claims['auth_time']).toBeGreaterThan(Number(first.claims['auth_time']));
  expect(second.claims.sub).toBe(first.claims.sub);
}

/** Asks a second time: no page shows, and it is the same person and the same sign-in. */
async function expectSameSignIn(
  run: ModuleRun,
  parametersAfter: (first: FlowResult) => Record<string, string>,
): Promise<void> {
  const first = await completeFlow(run);
  const second = await completeFlow(run, { parameters: parametersAfter(first) });
  expect(second.request.visit.pages).toEqual([]);
  expect(second.claims.sub).toBe(first.claims.sub);
  expect(second.claims['auth_time']).toBe(first.claims['auth_time']);
  expect(second.claims['auth_time']).toBeTypeOf('number');
}

/** When a person has to sign in, and when they must not have to (OIDC Core §3.1.2.1 to §3.1.2.3). */
export const SIGN_IN_MODULES = {
  'oidcc-prompt-login': {
    checks: 'The sign-in page shows again, for the same person with a later auth_time.',
    run: (run) => expectNewSignIn(run, 1, { prompt: 'login' }),
  },
  'oidcc-max-age-1': {
    checks: 'Two seconds after the sign-in the page shows again; auth_time is there and later.',
    run: (run) => expectNewSignIn(run, 2, { max_age: '1' }),
  },
  'oidcc-max-age-10000': {
    checks: 'No page shows; auth_time is there, and that of the sign-in.',
    run: (run) => expectSameSignIn(run, () => ({ max_age: '10000' })),
  },
  'oidcc-prompt-none-not-logged-in': {
    checks:
      'An error at the client that says that somebody would have to sign in, and no page; a state of 128 characters is back.',
    run: async (run) => {
      const parameters = { prompt: 'none', state: randomBytes(64).toString('hex') };
      const request = await authorize(run, { person: run.newPerson(), parameters });
      expectErrorAtClient(request.visit, request, INTERACTION_ERRORS);
    },
  },
  'oidcc-prompt-none-logged-in': {
    checks: 'Success without a page; the same sub and auth_time as before.',
    run: (run) => expectSameSignIn(run, () => ({ prompt: 'none' })),
  },
  'oidcc-id-token-hint': {
    checks: 'With the ID token of before and prompt=none: success without a page, the same sub and auth_time.',
    run: (run) => expectSameSignIn(run, ({ idToken }) => ({ prompt: 'none', id_token_hint: idToken })),
  },
} satisfies Modules;
