import { isEqualInConstantTime, type Parameters, parseFormParameters } from '@tessera/oauth';
import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';
import type { UpstreamMetadata } from './discovery.ts';

/** Errors by which the upstream, or the person there, declines (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6). */
const REFUSALS: readonly string[] = [
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
];
const UNAVAILABLE: readonly string[] = ['server_error', 'temporarily_unavailable'];
const MISCONFIGURED: readonly string[] = [
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
];

/**
 * The authorization code of a return from the upstream. State first, then the issuer (RFC 9207 §2.4), then what it says;
 * throws the sign-in error of the first thing that is wrong.
 */
export function readCallback(
  text: string,
  expected: { readonly state: string; readonly metadata: UpstreamMetadata },
): string {
  const parsed = parseFormParameters(text.replace(/^\?/, ''));
  if (!parsed.ok) throw signInError('invalidCallback', 'the parameters that came back cannot be read');
  const { parameters } = parsed;
  if (parameters.repeated.length > 0) throw signInError('invalidCallback', 'a parameter came back more than once');
  if (!isEqualInConstantTime(parameters.get('state') ?? '', expected.state)) {
    throw signInError('invalidCallback', 'the state that came back is not the one that was sent');
  }
  checkIssuer(parameters, expected.metadata);
  const error = parameters.get('error');
  if (error !== undefined) throw refusal(error);
  const code = parameters.get('code');
  if (code === undefined) throw signInError('invalidCallback', 'neither a code nor an error came back');
  return code;
}

function checkIssuer(parameters: Parameters, { issuer, sendsIssuer }: UpstreamMetadata): void {
  const named = parameters.get('iss');
  if (named === undefined ? sendsIssuer : named !== issuer) {
    throw signInError('invalidCallback', `what came back is not from ${issuer}`);
  }
}

function refusal(error: string): Error {
  if (REFUSALS.includes(error)) return signInError('upstreamRefused', `the upstream says ${error}`);
  if (UNAVAILABLE.includes(error)) return signInError('upstreamUnavailable', `the upstream says ${error}`);
  if (MISCONFIGURED.includes(error)) return upstreamMisconfigured(`the upstream refuses our request: ${error}`);
  return signInError('invalidCallback', 'the upstream says an error that is not known');
}
