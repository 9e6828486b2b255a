import { expect } from 'vitest';
import { PERSON } from '../system.ts';

/** What each standard scope asks for (OIDC Core §5.4), as it is for the person. */
const SCOPE_CLAIMS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  profile: PERSON.profile,
  email: { email: PERSON.login, email_verified: true },
  address: { address: PERSON.address },
  phone: PERSON.phone,
};

/** 1990, before which nobody's data was changed. */
const OLDEST_CHANGE_SECONDS = 631_152_000;

/** Names of the claims that the scopes ask for. */
export function claimsOfScopes(scope: string): readonly string[] {
  return Object.keys(valuesOfScopes(scope));
}

/** OIDC Core §5.1 and §5.4: every claim of the scopes is there, with the person's value. */
export function expectScopeClaims(claims: Readonly<Record<string, unknown>>, scope: string): void {
  const expected = valuesOfScopes(scope);
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, claims[name]]))).toEqual(expected);
}

/** OIDC Core §5.1: `updated_at` is a number of seconds. */
export function expectUpdatedAt(claims: Readonly<Record<string, unknown>>): void {
  const value = claims['updated_at'];
  if (value === undefined) return;
  expect(value).toBeGreaterThan(OLDEST_CHANGE_SECONDS);
  expect(value).toBeLessThanOrEqual(Date.now() / 1_000);
}

function valuesOfScopes(scope: string): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...scope.split(' ').map((name) => SCOPE_CLAIMS[name] ?? {})) as Record<string, unknown>;
}
