import type { LogoutRequest } from '../logout/logout-request.ts';
import type { PageSubject } from '../site.ts';
import type { EndpointContext } from './context.ts';

/** The address of the endpoint, without a request. */
export function logoutHref({ site }: Pick<EndpointContext, 'site'>): string {
  return `${site.basePath}/logout`;
}

/** What the pages of a logout are about. */
export function logoutSubject({ client, target, locale }: LogoutRequest): PageSubject {
  return { client, redirectUri: target?.redirectUri, locale };
}
