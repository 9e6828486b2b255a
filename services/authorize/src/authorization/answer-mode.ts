import type { Parameters } from '@tessera/oauth';
import type { ResponseMode } from './request.ts';

/** What decides how an answer travels. */
export interface AnswerModeInput {
  readonly asked: Pick<Parameters, 'get'>;
  readonly redirectUri: string;
  /** Modes that this issuer offers. */
  readonly offered: readonly ResponseMode[];
}

interface AnswerModeRow {
  readonly rule: string;
  readonly when: (input: AnswerModeInput) => boolean;
  readonly mode: ResponseMode;
}

const hasType = ({ asked }: AnswerModeInput): boolean => asked.get('response_type') !== undefined;
const asksFor =
  (mode: ResponseMode) =>
  ({ asked, offered }: AnswerModeInput): boolean =>
    asked.get('response_mode') === mode && offered.includes(mode);

/** Whether a response type, even one that is not served, yields a token at the authorization endpoint. */
export function yieldsTokens(responseType: string | undefined): boolean {
  return responseType?.split(' ').some((word) => word === 'token' || word === 'id_token') === true;
}

/** Only what the web can reach takes a posted form; an application on the device is opened by its address alone. */
export function takesForm(redirectUri: string): boolean {
  return /^https?:/i.test(redirectUri);
}

/** How an answer travels, by the first row that fits. */
export const ANSWER_MODES: readonly AnswerModeRow[] = [
  {
    rule: 'OAuth 2.0 Form Post Response Mode §2: form_post holds for every answer, whatever else is wrong',
    when: (input) => asksFor('form_post')(input) && takesForm(input.redirectUri),
    mode: 'form_post',
  },
  {
    rule: 'RFC 6749 §3.1.1: without a response type nothing says that a fragment can be read',
    when: (input) => !hasType(input),
    mode: 'query',
  },
  {
    rule: 'RFC 6749 §4.2.2.1, OIDC Core §3.2.2.6 and §3.3.2.6: answers of types with tokens never stand in the query',
    when: ({ asked }) => yieldsTokens(asked.get('response_type')),
    mode: 'fragment',
  },
  {
    rule: 'OAuth 2.0 Multiple Response Types §2.1: fragment where it is asked for',
    when: asksFor('fragment'),
    mode: 'fragment',
  },
  { rule: 'RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6: else in the query', when: () => true, mode: 'query' },
];

/** How the answer to a request travels, its errors included; whether the mode it asks for is legal is judged elsewhere. */
export function answerMode(input: AnswerModeInput): ResponseMode {
  return ANSWER_MODES.find(({ when }) => when(input))?.mode ?? 'query';
}
