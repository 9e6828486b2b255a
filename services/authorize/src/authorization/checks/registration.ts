import { Rejection } from '../refusal.ts';
import type { AskedRequest } from '../request.ts';

/** OIDC Core §3.1.2.6 and §7.2.1: whoever describes itself in the request is refused, not taken for somebody else. */
export function checkRegistration({ asked }: AskedRequest): object {
  if (asked.has('registration')) {
    throw new Rejection('registration_not_supported', 'The parameter registration is not supported.');
  }
  return {};
}
