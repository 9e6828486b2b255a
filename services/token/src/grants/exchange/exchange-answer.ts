import type { TesseraConfig } from '@tessera/config';
import type { Client } from '@tessera/oauth';
import { expiriesAt } from '../../issue/lifetimes.ts';
import { signedShort } from '../../issue/sign-one.ts';
import type { TokenResponse } from '../../issue/tokens.ts';
import type { GrantAnswer } from '../grant-handler.ts';
import { type TokenTypeUri, tokenTypes } from './token-types.ts';

/** For whom and of which type the answer is. */
export interface ExchangeAnswerQuestion {
  readonly requestedType: TokenTypeUri;
  readonly client: Client;
  readonly now: Date;
  readonly expiry: TesseraConfig['expiry'];
  /** When what was issued ends at the latest; undefined = as the client's lifetimes say. */
  readonly notAfter: Date | undefined;
}

/**
 * The answer of an exchange (RFC 8693 §2.2.1): the one token that was asked for, always in `access_token`, and what it is. An
 * ID token is none to call an API with, so its `token_type` is `N_A`.
 */
export function exchangeAnswer(issued: TokenResponse, question: ExchangeAnswerQuestion): GrantAnswer {
  const { id_token: idToken, refresh_token: _none, ...access } = issued;
  const { requestedType, client, now, expiry, notAfter } = question;
  if (requestedType === tokenTypes.accessToken) return { ...access, issued_token_type: requestedType };
  if (idToken === undefined) throw signedShort();
  const { idToken: end } = expiriesAt(now, expiry, client, notAfter);
  const expiresIn = Math.floor((end.getTime() - now.getTime()) / 1000);
  return {
    ...access,
    access_token: idToken,
    token_type: 'N_A',
    expires_in: expiresIn,
    issued_token_type: requestedType,
  };
}
