import { type HttpRequest, invalid } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';

/** Longest `nonce`, in characters: it comes back inside the ID token. */
const MAX_NONCE_LENGTH = 1_024;

/**
 * The body of a request to an endpoint that takes a form. Throws OAuthError `invalid_request` when the address has a query,
 * where credentials would end in access logs (RFC 6749 §2.3.1), or when any parameter comes twice (RFC 6749 §3.2), those of
 * `repeatable` excepted.
 */
export async function readProtocolForm(request: HttpRequest, repeatable: readonly string[] = []): Promise<Parameters> {
  if (request.queryString !== '') throw invalid(400, 'Parameters belong in the request body, not in the address.');
  const form = await request.form();
  assertNotRepeated(form, repeatable);
  return form;
}

/** Throws OAuthError `invalid_request` when a parameter comes twice that is not among `repeatable` (RFC 6749 §3.2). */
export function assertNotRepeated(form: Parameters, repeatable: readonly string[]): void {
  if (form.repeated.every((name) => repeatable.includes(name))) return;
  throw invalid(400, 'A parameter was sent more than once.');
}

/** A parameter that some endpoint or grant cannot do without. */
export type RequiredParameter =
  | 'assertion'
  | 'code'
  | 'device_code'
  | 'grant_type'
  | 'password'
  | 'refresh_token'
  | 'subject_token'
  | 'subject_token_type'
  | 'token'
  | 'username';

/** A parameter that has to be there. Throws OAuthError `invalid_request` when it is missing or empty (RFC 6749 §5.2). */
export function requireParameter(form: Parameters, name: RequiredParameter): string {
  const value = form.get(name);
  if (value === undefined) throw invalid(400, `The parameter ${name} is missing.`);
  return value;
}

/** Dex's `nonce` of grants without an authorization request. Throws OAuthError `invalid_request` when it is too long. */
export function readNonce(form: Parameters): string | undefined {
  const nonce = form.get('nonce');
  if (nonce !== undefined && nonce.length > MAX_NONCE_LENGTH) throw invalid(400, 'The nonce is too long.');
  return nonce;
}
