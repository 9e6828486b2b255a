import { Rejection } from '../refusal.ts';
import type { AskedRequest } from '../request.ts';

/** RFC 6749 §3.1: no parameter may be there more than once, but `resource`, which may (RFC 8707 §2). */
export function checkRepetition({ parameters, asked }: AskedRequest): object {
  if ([...parameters.repeated, ...asked.repeated].some((name) => name !== 'resource')) {
    throw new Rejection('invalid_request', 'A parameter is there more than once.');
  }
  return {};
}
