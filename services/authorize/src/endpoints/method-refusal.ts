import type { HttpRequest, HttpResponse } from '@tessera/http';
import type { PageSubject } from '../site.ts';
import { type AnswerContext, errorPage } from './answers.ts';

const REFUSALS = {
  'not-available': { status: 403, detail: 'This way to sign in is not available for this application.' },
  'not-begun': { status: 400, detail: 'This is not the way to sign in that was begun.' },
} as const;

/** Explains that a way to sign in cannot be used, at this application or in this sign-in, and offers to start again. */
export function methodRefusal(
  context: AnswerContext,
  request: HttpRequest,
  reason: keyof typeof REFUSALS,
  startAgainHref: string,
  subject: PageSubject,
): HttpResponse {
  const { status, detail } = REFUSALS[reason];
  const model = { problem: 'bad-request', turn: 'try-again', detail, startAgainHref } as const;
  return errorPage(context, request, status, model, subject);
}
