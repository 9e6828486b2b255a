import type { WordKey } from '../locales/catalogue.ts';
import { displayName } from './display-name.ts';
import type { Say } from './say.ts';

const KNOWN_PROMPTS: ReadonlyMap<string, WordKey & `prompt.${string}`> = new Map([
  ['email address', 'prompt.emailAddress'],
  ['e-mail address', 'prompt.emailAddress'],
  ['email', 'prompt.email'],
  ['e-mail', 'prompt.email'],
  ['username', 'prompt.username'],
  ['user name', 'prompt.username'],
  ['ldap username', 'prompt.username'],
  ['sso username', 'prompt.username'],
  ['user id', 'prompt.userId'],
  ['login', 'prompt.login'],
  ['account', 'prompt.accountName'],
  ['account name', 'prompt.accountName'],
  ['employee id', 'prompt.employeeId'],
  ['phone number', 'prompt.phoneNumber'],
] as const);

/** The label of the first field, and whether an email keyboard helps. */
export interface UsernamePrompt {
  readonly label: string;
  readonly isEmail: boolean;
}

/**
 * What to call the first field. English shows the configured words as they are; other languages translate those they
 * know, and show the rest as configured. An empty prompt is "Username".
 */
export function usernamePrompt(configured: string, say: Say): UsernamePrompt {
  const prompt = displayName(configured);
  const key = KNOWN_PROMPTS.get(prompt.toLowerCase());
  const translated = key !== undefined && say.locale !== 'en' ? say.text(key) : prompt;
  return {
    label: translated === '' ? say.text('prompt.username') : translated,
    isEmail: /e-?mail|邮箱|电邮/iu.test(prompt),
  };
}
