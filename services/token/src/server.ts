import type { Service } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import type { HttpHandler, RouteNameOf } from '@tessera/http';
import { createClientAuthentication } from './client-auth/authenticate.ts';
import { createIntrospectionEndpoint } from './endpoints/introspection.ts';
import { createRevocationEndpoint } from './endpoints/revocation.ts';
import { createTokenEndpoint } from './endpoints/token.ts';
import { createUserInfoEndpoint } from './endpoints/userinfo.ts';
import { createRotationReopener, type RotationReopener } from './grants/rotation-reopener.ts';
import { createGrantTable } from './grants/table.ts';
import { createAccessTokenVerifier } from './inspect/access-token.ts';
import { createTokenIssuer } from './issue/tokens.ts';
import type { TokenServiceOptions } from './ports.ts';

/**
 * Makes the token service. It offers no gRPC and keeps no state of its own. Until its clients, keys and secrets are loaded
 * every request is answered with 503, as an empty directory would call each client unknown.
 */
export async function createTokenService(options: TokenServiceOptions): Promise<Service> {
  const loaded = Promise.all([
    options.clients.ready(),
    options.verificationKeys.ready(),
    options.refreshTokenSecrets.ready(),
    options.codeSecrets.ready(),
  ]);
  let isLoaded = false;
  loaded.then(
    () => {
      isLoaded = true;
    },
    // Told by `ready()`.
    () => undefined,
  );
  const reopener = createRotationReopener(options);
  const handlers = Object.entries(createHandlers(options, reopener)).map(([name, handler]): [string, HttpHandler] => [
    name,
    async (request) => {
      if (!isLoaded) throw unavailable('token.not_ready', 'clients and keys are not loaded yet');
      return handler(request);
    },
  ]);
  return {
    name: 'token',
    handlers: Object.fromEntries(handlers),
    bindings: [],
    async ready() {
      await Promise.all([loaded, options.connectors.ready()]);
    },
    async close() {
      reopener.close();
    },
  };
}

function createHandlers(
  options: TokenServiceOptions,
  reopener: RotationReopener,
): Readonly<Record<RouteNameOf<'token'>, HttpHandler>> {
  const { issuer } = options.config;
  const authenticate = createClientAuthentication({ ...options, issuer });
  const verifyAccessToken = createAccessTokenVerifier(issuer, options.verificationKeys);
  const inspection = { ...options, authenticate, verifyAccessToken };
  return {
    token: createTokenEndpoint({
      ...options,
      authenticate,
      grants: createGrantTable(options, { issue: createTokenIssuer(options), reopener }),
    }),
    introspection: createIntrospectionEndpoint(inspection),
    revocation: createRevocationEndpoint(inspection),
    userinfo: createUserInfoEndpoint(inspection),
  };
}
