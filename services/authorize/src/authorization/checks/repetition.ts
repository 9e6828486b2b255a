import { ClientRefusal } from '../refusal.ts';
import type { RedirectableRequest } from '../request.ts';

/** RFC 6749 §3.1: no parameter may be there more than once, but `resource`, which may (RFC 8707 §2). */
export function checkRepetition(request: RedirectableRequest): void {
  if (request.parameters.repeated.some((name) => name !== 'resource')) {
    throw new ClientRefusal('invalid_request', 'A parameter is there more than once.', request);
  }
}
