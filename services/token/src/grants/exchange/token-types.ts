import { invalid } from '@tessera/http';
import type { Parameters } from '@tessera/oauth';
import { requireParameter } from '../../protocol/form.ts';

/** Token types (RFC 8693 §3) that are known here. */
export const tokenTypes = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
} as const;

/** One of {@link tokenTypes}. */
export type TokenTypeUri = (typeof tokenTypes)[keyof typeof tokenTypes];

/** A token that is presented, with what it is said to be. */
export interface PresentedToken {
  readonly token: string;
  readonly type: TokenTypeUri;
}

/** What an exchange is about (RFC 8693 §2.1). */
export interface ExchangeRequest {
  readonly subject: PresentedToken;
  readonly actor: PresentedToken | undefined;
  readonly requestedType: TokenTypeUri;
}

/** Reads an exchange. Throws OAuthError `invalid_request` for what is missing, of an unknown type, or does not go together. */
export function readExchange(form: Parameters): ExchangeRequest {
  const subject = {
    token: requireParameter(form, 'subject_token'),
    type: readType(requireParameter(form, 'subject_token_type')),
  };
  const requestedType = readType(form.get('requested_token_type') ?? tokenTypes.accessToken);
  const [token, type] = [form.get('actor_token'), form.get('actor_token_type')];
  if (token === undefined && type === undefined) return { subject, actor: undefined, requestedType };
  if (token === undefined || type === undefined) {
    throw invalid(400, 'The parameters actor_token and actor_token_type belong together.');
  }
  return { subject, actor: { token, type: readType(type) }, requestedType };
}

function readType(value: string): TokenTypeUri {
  const known = Object.values(tokenTypes).find((type) => type === value);
  if (known === undefined) throw unsupportedType();
  return known;
}

/** RFC 8693 §2.2.2. */
export function unsupportedType(): Error {
  return invalid(400, 'The token type is not supported.');
}
