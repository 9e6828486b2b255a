import { Rejection } from '../refusal.ts';
import type { Prompt, TypedRequest, ValidRequest } from '../request.ts';

const PROMPTS: readonly Prompt[] = ['none', 'login', 'consent', 'select_account', 'create'];

/**
 * OIDC Core §3.1.2.1: `prompt`, where `none` stands alone; an account cannot be made here, so `create` is refused (Initiating
 * User Registration §4.1). `max_age` is a number of seconds, and no more than the client's own `maxAuthAgeSeconds`. Dex's
 * `approval_prompt=force` is `prompt=consent`.
 */
export function checkPrompt({
  asked,
  client,
}: TypedRequest): Pick<ValidRequest, 'prompts' | 'forcesApproval' | 'needsFreshSignIn' | 'maxAgeSeconds'> {
  const words = (asked.get('prompt') ?? '').split(' ').filter((word) => word !== '');
  const prompts = PROMPTS.filter((prompt) => words.includes(prompt));
  if (words.some((word) => !PROMPTS.some((prompt) => prompt === word))) {
    throw new Rejection('invalid_request', 'The prompt is unknown.');
  }
  if (prompts.includes('none') && prompts.length > 1) {
    throw new Rejection('invalid_request', 'The prompt none stands alone.');
  }
  if (prompts.includes('create')) {
    throw new Rejection('invalid_request', 'The prompt create is not supported.');
  }
  const maxAgeSeconds = leastOf(parseMaxAge(asked.get('max_age')), client.settings.maxAuthAgeSeconds);
  return {
    prompts,
    maxAgeSeconds,
    needsFreshSignIn: prompts.includes('login') || maxAgeSeconds !== undefined,
    forcesApproval: prompts.includes('consent') || asked.get('approval_prompt') === 'force',
  };
}

function parseMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Rejection('invalid_request', 'The max_age is not a number of seconds.');
  return Number(text);
}

function leastOf(asked: number | undefined, allowed: number | undefined): number | undefined {
  return asked === undefined || allowed === undefined ? (asked ?? allowed) : Math.min(asked, allowed);
}
