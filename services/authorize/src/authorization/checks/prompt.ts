import { ClientRefusal } from '../refusal.ts';
import type { Prompt, RedirectableRequest, ValidRequest } from '../request.ts';

const PROMPTS: readonly Prompt[] = ['none', 'login', 'consent', 'select_account'];

/**
 * OIDC Core §3.1.2.1 and §3.1.2.6: `none` stands alone, and is answered `login_required`, because every sign-in here asks
 * the person. `max_age` is a number of seconds; a fresh sign-in satisfies any.
 */
export function checkPrompt(
  request: RedirectableRequest,
): Pick<ValidRequest, 'prompts' | 'forcesApproval' | 'needsFreshSignIn'> {
  const { parameters } = request;
  const words = (parameters.get('prompt') ?? '').split(' ').filter((word) => word !== '');
  const prompts = PROMPTS.filter((prompt) => words.includes(prompt));
  if (words.some((word) => !PROMPTS.includes(word as Prompt))) {
    throw new ClientRefusal('invalid_request', 'The prompt is unknown.', request);
  }
  if (prompts.includes('none')) {
    if (prompts.length > 1) throw new ClientRefusal('invalid_request', 'The prompt none stands alone.', request);
    throw new ClientRefusal('login_required', 'The person has to sign in.', request);
  }
  const maxAge = parameters.get('max_age');
  if (maxAge !== undefined && !/^\d{1,10}$/.test(maxAge)) {
    throw new ClientRefusal('invalid_request', 'The max_age is not a number of seconds.', request);
  }
  return {
    prompts,
    needsFreshSignIn: prompts.includes('login') || maxAge !== undefined,
    forcesApproval: prompts.includes('consent') || parameters.get('approval_prompt') === 'force',
  };
}
