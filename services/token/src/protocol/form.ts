import { type HttpRequest, invalid } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';

/**
 * The body of a request to an endpoint that takes a form. Throws OAuthError `invalid_request` when the address has a query,
 * where credentials would end in access logs (RFC 6749 §2.3.1), or when any parameter comes twice (RFC 6749 §3.2).
 */
export async function readProtocolForm(request: HttpRequest): Promise<Parameters> {
  if (request.queryString !== '') throw invalid(400, 'Parameters belong in the request body, not in the address.');
  const form = await request.form();
  if (form.repeated.length > 0) throw invalid(400, 'A parameter was sent more than once.');
  return form;
}

/** A parameter that has to be there. Throws OAuthError `invalid_request` when it is missing or empty (RFC 6749 §5.2). */
export function requireParameter(form: Parameters, name: 'code' | 'grant_type' | 'refresh_token' | 'token'): string {
  const value = form.get(name);
  if (value === undefined) throw invalid(400, `The parameter ${name} is missing.`);
  return value;
}
