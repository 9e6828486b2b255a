import { expect } from 'vitest';
import type { AuthorizationRequest } from '../driver/authorize.ts';
import type { ClientAnswer, Visit } from '../driver/person.ts';
import { expectUnguessable } from './entropy.ts';

const YEAR_SECONDS = 31_536_000;
const ALWAYS = ['state', 'iss', 'session_state'];

/** The answer of a visit; fails with what stands on the page where it ended otherwise. */
export function answerOf({ answer, lastPage }: Visit): ClientAnswer {
  const title = /<title>([^<]*)/.exec(lastPage.body)?.[1] ?? '';
  if (answer === undefined) expect.fail(`the client is not called; the page says ${lastPage.status} ${title}`);
  return answer;
}

/**
 * A successful answer: it travels as the response type and mode say, with exactly what the type yields, `state` and
 * `session_state` (RFC 6749 §4.1.2, OAuth 2.0 Multiple Response Types §3 and §5, Form Post Response Mode §2).
 */
export function expectSuccess(visit: Visit, request: AuthorizationRequest): ClientAnswer {
  const answer = answerOf(visit);
  expect(answer.parameters.get('error_description') ?? answer.parameters.get('error')).toBeUndefined();
  expectTransport(answer, request);
  const words = request.entry.responseType.split(' ');
  const expected = [
    ...(words.includes('code') ? ['code'] : []),
    ...(words.includes('id_token') ? ['id_token'] : []),
    ...(words.includes('token') ? ['access_token', 'token_type', 'expires_in', 'scope'] : []),
    ...ALWAYS.filter((name) => name !== 'state' || request.state !== undefined),
  ];
  expect([...answer.parameters.keys()].toSorted()).toEqual(expected.toSorted());
  expectCommon(answer, request);
  const code = answer.parameters.get('code');
  if (code !== undefined) expectUnguessable('code', code);
  const accessToken = answer.parameters.get('access_token');
  if (accessToken !== undefined) {
    expectUnguessable('access token', accessToken);
    expect(answer.parameters.get('token_type')).toBe('Bearer');
    expectLifetime(Number(answer.parameters.get('expires_in')));
  }
  return answer;
}

/**
 * An error at the client (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6): one of `codes`, nothing that is not of errors, and no code
 * beside it. It travels as a success would.
 */
export function expectErrorAtClient(visit: Visit, request: AuthorizationRequest, codes: readonly string[]): void {
  const answer = answerOf(visit);
  expectTransport(answer, request);
  expectErrorParameters(answer, request, codes);
}

/** What an error consists of, however it came. */
export function expectErrorParameters(
  answer: ClientAnswer,
  request: Pick<AuthorizationRequest, 'state' | 'provider'>,
  codes: readonly string[],
): void {
  expect(codes).toContain(answer.parameters.get('error'));
  const legal = ['error', 'error_description', 'error_uri', ...ALWAYS];
  expect([...answer.parameters.keys()].filter((name) => !legal.includes(name))).toEqual([]);
  expect(answer.parameters.get('error_description') ?? '').toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  expectCommon(answer, request);
}

/** A page of the issuer's own that explains the error; the client is not called. */
export function expectErrorPage({ answer, lastPage }: Visit): void {
  expect(answer?.url.href, 'the client is not called').toBeUndefined();
  expect(lastPage.status).toBe(400);
  expect(lastPage.headers.get('content-type')).toContain('text/html');
  expect(lastPage.body).toContain('id="error-reference"');
}

/** An error page, or one of `codes` at the client. */
export function expectRefusal(visit: Visit, request: AuthorizationRequest, codes: readonly string[]): void {
  if (visit.answer === undefined) expectErrorPage(visit);
  else expectErrorAtClient(visit, request, codes);
}

/** A lifetime in seconds: positive, and a year at most. */
export function expectLifetime(seconds: number): void {
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(YEAR_SECONDS);
}

function expectTransport(answer: ClientAnswer, { entry, redirectUri }: AuthorizationRequest): void {
  const usual = entry.responseType === 'code' ? 'query' : 'fragment';
  expect(answer.via).toBe(entry.responseMode === 'form_post' ? 'form_post' : usual);
  const bare = new URL(answer.url);
  // Of an answer in the fragment nothing stands in the query, and of a posted one nothing in the address.
  if (answer.via === 'query') bare.search = '';
  if (answer.via === 'fragment') bare.hash = '';
  expect(bare.href).toBe(redirectUri);
}

/** OIDC Core §3.1.2.5, RFC 9207 §2, OIDC Session Management §2: what comes with every answer. */
function expectCommon(
  answer: ClientAnswer,
  { provider, state }: Pick<AuthorizationRequest, 'provider' | 'state'>,
): void {
  expect(answer.parameters.get('state')).toBe(state);
  expect(answer.parameters.get('iss')).toBe(provider.issuer);
  expect(answer.parameters.get('session_state')).toMatch(/^[^ ]+$/);
}
