import type { HttpHandler } from '@tessera/http';
import { ROBOTS_TXT } from '../views/create-views.ts';
import type { EndpointContext } from './context.ts';

/** The files of the pages: named by their content, so that browsers keep them for good. */
export function assetEndpoint(context: EndpointContext): HttpHandler {
  return async (request) => {
    const asset = context.views.assets.get(`/static/${request.segments['file']}`);
    if (asset === undefined)
      return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' };
    return isKnown(request.headers['if-none-match'], asset.etag)
      ? { status: 304, headers: asset.headers, body: '' }
      : { status: 200, headers: asset.headers, body: asset.body };
  };
}

/** RFC 9110 §13.1.2: any of a list, compared weakly, because a proxy that compresses weakens what passes through it. */
function isKnown(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag) === true;
}

/** Nothing here is for search engines. */
export const robotsEndpoint: HttpHandler = async () => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: ROBOTS_TXT,
});

/** The issuer's own address: says what this is and where its description stands. */
export function homeEndpoint({ config }: EndpointContext): HttpHandler {
  const discovery = `${config.issuer}/.well-known/openid-configuration`;
  return async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: `${config.frontend.issuer} is an OpenID Connect issuer.\nIts description: ${discovery}\n`,
  });
}
