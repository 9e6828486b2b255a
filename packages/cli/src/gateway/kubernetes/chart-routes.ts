import { stringify } from 'yaml';
import { pathMatches, REQUEST_TIMEOUT_SECONDS, untrustedHeaders } from '../public-routes.ts';

/** The route table for the Helm chart, which knows the issuer's path only when it renders. */
export function chartRoutes(): string {
  const routes = {
    requestTimeout: `${REQUEST_TIMEOUT_SECONDS}s`,
    removeRequestHeaders: untrustedHeaders,
    routes: pathMatches.map(({ service, type, path, isAtRoot }) => ({ service, type, path, atRoot: isAtRoot })),
  };
  return `# Made from the route table by npm run generate. Changes are lost.
# Each path stands below the issuer's; with atRoot the issuer's path stands behind it, and there is none without such a path.
${stringify(routes, { aliasDuplicateObjects: false })}`;
}
