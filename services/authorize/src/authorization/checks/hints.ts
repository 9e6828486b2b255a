import type { TypedRequest, ValidRequest } from '../request.ts';

const MAX_LOGIN_HINT_CHARACTERS = 256;

/**
 * OIDC Core §3.1.2.1: hints are a help and never an error, so a `login_hint` that no account can have is left out. `display`
 * and `claims_locales` are legal and change nothing: there is one kind of page, for every kind of screen.
 */
export function checkHints({ asked }: TypedRequest): Pick<ValidRequest, 'loginHint' | 'uiLocales'> {
  const loginHint = asked.get('login_hint');
  const isPlausible = loginHint !== undefined && loginHint.length <= MAX_LOGIN_HINT_CHARACTERS;
  return { loginHint: isPlausible ? loginHint : undefined, uiLocales: asked.get('ui_locales') };
}
