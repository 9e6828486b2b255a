import { takesForm, yieldsTokens } from '../answer-mode.ts';
import { Rejection } from '../refusal.ts';
import type { RedirectableRequest, ResponseMode } from '../request.ts';

/**
 * OAuth 2.0 Multiple Response Types §2.1 and §3.0: the mode that is asked for must be an offered one, and answers with tokens
 * never stand in the query. How the answer travels was settled before (`answer-mode.ts`), so that this error travels too.
 */
export function checkResponseMode(
  { asked, redirectUri }: RedirectableRequest,
  { config }: { readonly config: { readonly oauth2: { readonly responseModes: readonly ResponseMode[] } } },
): object {
  const mode = asked.get('response_mode');
  if (mode === undefined) return {};
  const { responseModes } = config.oauth2;
  if (!responseModes.some((offered) => offered === mode)) {
    throw new Rejection('invalid_request', 'The response_mode is not supported.');
  }
  if (mode === 'query' && yieldsTokens(asked.get('response_type'))) {
    throw new Rejection('invalid_request', 'The response_mode query is not for answers with tokens.');
  }
  if (mode === 'form_post' && !takesForm(redirectUri)) {
    throw new Rejection('invalid_request', 'The response_mode form_post needs a redirect_uri on the web.');
  }
  return {};
}
