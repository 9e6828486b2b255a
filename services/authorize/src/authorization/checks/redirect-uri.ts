import { type Client, matchRedirectUri, type Parameters } from '@tessera/oauth';
import { answerMode } from '../answer-mode.ts';
import { Rejection } from '../refusal.ts';
import type { AskedRequest, RedirectableRequest, ResponseMode } from '../request.ts';

/** Where the answer to a request goes. */
export type AnswerPlace = Pick<RedirectableRequest, 'redirectUri' | 'isRedirectUriImplied' | 'state' | 'responseMode'>;

/** What of the configuration decides how an answer travels. */
export interface AnswerPlaceConfig {
  readonly config: { readonly oauth2: { readonly responseModes: readonly ResponseMode[] } };
}

/**
 * RFC 6749 §3.1.2.3 and §3.1.2.4: a malformed or unregistered redirect URI is refused. It may be left out by a client with
 * exactly one, but not by an OpenID request (OIDC Core §3.1.2.1). A repeated `state` counts as none: there is no telling
 * which one is meant.
 */
export function checkRedirectUri({ asked, client }: AskedRequest, { config }: AnswerPlaceConfig): AnswerPlace {
  if (asked.repeated.includes('redirect_uri')) throw refuse('The parameter redirect_uri is there more than once.');
  const requested = asked.get('redirect_uri');
  const chosen = requested ?? impliedRedirectUri(asked, client);
  if (chosen === undefined) throw refuse('The parameter redirect_uri is missing.');
  const match = matchRedirectUri(chosen, client);
  if (!match.ok) throw refuse('The redirect_uri is not registered for this client.');
  const { redirectUri } = match;
  return {
    redirectUri,
    isRedirectUriImplied: requested === undefined,
    state: asked.get('state'),
    responseMode: answerMode({ asked, redirectUri, offered: config.oauth2.responseModes }),
  };
}

/**
 * Where an error goes while the request object that counts is not known to be genuine: to the redirect URI that stands outside
 * of it, if that is the client's. Undefined = to nobody but the person.
 */
export function findAnswerPlace(
  request: Pick<AskedRequest, 'parameters' | 'client'>,
  context: AnswerPlaceConfig,
): AnswerPlace | undefined {
  if (!request.parameters.has('redirect_uri')) return undefined;
  try {
    return checkRedirectUri({ ...request, asked: request.parameters }, context);
  } catch (thrown) {
    if (thrown instanceof Rejection) return undefined;
    throw thrown;
  }
}

function impliedRedirectUri(asked: Parameters, { redirectUris }: Pick<Client, 'redirectUris'>): string | undefined {
  const isOpenId = asked.getAll('scope').some((scope) => scope.split(' ').includes('openid'));
  return isOpenId || redirectUris.length !== 1 ? undefined : redirectUris[0];
}

function refuse(description: string): Rejection {
  return new Rejection('invalid_request', description, 'untrusted-return');
}
