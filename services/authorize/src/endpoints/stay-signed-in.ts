import type { HttpRequest } from '@tessera/http';
import type { StaySignedInLink } from '../views/models.ts';
import type { EndpointContext } from './context.ts';

/** Our own addition to an authorization request: whether the browser keeps the sign-in when it is closed. */
const PARAMETER = 'remember_me';

/**
 * What a person chose on the page with the ways to sign in; undefined = nothing. The word of a client does not count: whether a
 * shared computer remembers somebody is not its business.
 */
export function chosenStay(request: Pick<HttpRequest, 'queryString' | 'headers'>): boolean | undefined {
  if (request.headers['sec-fetch-site'] !== undefined && request.headers['sec-fetch-site'] !== 'same-origin') {
    return undefined;
  }
  const chosen = new URLSearchParams(request.queryString).get(PARAMETER);
  return chosen === null ? undefined : chosen === 'yes';
}

/** How the choice stands on the page of a request, and the same page with the other one; undefined = nothing is kept. */
export function stayLink(
  { config }: Pick<EndpointContext, 'config'>,
  request: Pick<HttpRequest, 'queryString' | 'headers'>,
  page: { readonly path: string; readonly queryString: string },
): StaySignedInLink | undefined {
  if (!config.sessions.enabled) return undefined;
  const isOn = chosenStay(request) ?? config.sessions.rememberMeCheckedByDefault;
  const query = new URLSearchParams(page.queryString);
  query.set(PARAMETER, isOn ? 'no' : 'yes');
  return { isOn, otherHref: `${page.path}?${query.toString()}` };
}
