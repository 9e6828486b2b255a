import { invalid } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';
import type { ConsentScope } from './consent-scopes.ts';

/** Says that a form has a box for each scope; one that has none agrees to all (as in Dex). */
export const CHOICE_FIELD = 'choice';
/** Most scopes a form has boxes for: with more, they can only be agreed to together. */
const MAX_CHOICES = 60;

/** Whether a person can choose among scopes: some can be left out, and not too many are asked for. */
export function isChoosable(scopes: readonly ConsentScope[]): boolean {
  return scopes.length <= MAX_CHOICES && scopes.some(({ isRequired }) => !isRequired);
}

/** The field of a scope, by its place in the request: names of scopes can be longer than those of fields. */
export function scopeField(index: number): string {
  return `scope-${index}`;
}

/**
 * The scopes that a person agreed to. Only what was asked for can be agreed to. Throws OAuthError `invalid_request` for a
 * form that leaves out one that is required, which the page does not let anybody do.
 */
export function approvedScopes(fields: Parameters, scopes: readonly ConsentScope[]): readonly string[] {
  if (!isChoosable(scopes) || !fields.has(CHOICE_FIELD)) return scopes.map(({ name }) => name);
  const approved = scopes.filter((_scope, index) => fields.has(scopeField(index)));
  if (scopes.some((scope) => scope.isRequired && !approved.includes(scope))) {
    throw invalid(400, 'What the application cannot do without was left out.');
  }
  return approved.map(({ name }) => name);
}
