import { type Service, type TokenApi, tokenBinding } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import type { HttpHandler, RouteNameOf } from '@tessera/http';
import { createClientAuthentication } from './client-auth/authenticate.ts';
import { createDeviceAuthorizationEndpoint } from './endpoints/device-authorization.ts';
import { createIntrospectionEndpoint } from './endpoints/introspection.ts';
import { createRevocationEndpoint } from './endpoints/revocation.ts';
import { createTokenEndpoint } from './endpoints/token.ts';
import { createTokenMetrics } from './endpoints/token-metrics.ts';
import { createUserInfoEndpoint } from './endpoints/userinfo.ts';
import { createRotationReopener, type RotationReopener } from './grants/rotation-reopener.ts';
import { createGrantTable } from './grants/table.ts';
import { createAccessTokenVerifier } from './inspect/access-token.ts';
import { createAccessTokenInspector } from './inspect/live-access-token.ts';
import { createClaimSources } from './issue/claim-sources.ts';
import { createFrontChannelApi } from './issue/front-channel.ts';
import { createTokenIssuer } from './issue/tokens.ts';
import type { TokenServiceOptions } from './ports.ts';

/** The token service, and what it offers the others of its process. */
export interface TokenService extends Service {
  readonly api: TokenApi;
}

/**
 * Makes the token service. It keeps no state of its own. Until its clients, keys and secrets are loaded every request is
 * answered with 503, as an empty directory would call each client unknown. Throws a `RangeError` for an extension grant that
 * cannot be one.
 */
export async function createTokenService(options: TokenServiceOptions): Promise<TokenService> {
  const loaded = Promise.all([
    options.clients.ready(),
    options.verificationKeys.ready(),
    options.refreshTokenSecrets.ready(),
    options.accessTokenSecrets.ready(),
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
  const { api, endpoints } = createParts(options, reopener);
  const handlers = Object.entries(endpoints).map(([name, handler]): [string, HttpHandler] => [
    name,
    async (request) => {
      if (!isLoaded) throw unavailable('token.not_ready', 'clients and keys are not loaded yet');
      return handler(request);
    },
  ]);
  return {
    name: 'token',
    handlers: Object.fromEntries(handlers),
    bindings: [tokenBinding(api)],
    api,
    async ready() {
      await Promise.all([loaded, options.connectors.ready()]);
    },
    async close() {
      reopener.close();
    },
  };
}

interface Parts {
  /** For the service that answers at the authorization endpoint. */
  readonly api: TokenApi;
  readonly endpoints: Readonly<Record<RouteNameOf<'token'>, HttpHandler>>;
}

function createParts(options: TokenServiceOptions, reopener: RotationReopener): Parts {
  const { issuer } = options.config;
  const authenticate = createClientAuthentication({ ...options, issuer });
  const verifyAccessToken = createAccessTokenVerifier(issuer, options.verificationKeys);
  const claims = createClaimSources(options);
  const inspectAccessToken = createAccessTokenInspector({ ...options, claims, verifyAccessToken });
  const issuing = createTokenIssuer({ ...options, claims });
  const inspection = { ...options, authenticate, verifyAccessToken, inspectAccessToken, claims };
  return {
    api: createFrontChannelApi({ ...options, claims }),
    endpoints: {
      token: createTokenEndpoint({
        ...options,
        authenticate,
        grants: createGrantTable(options, { issuing, reopener, inspectAccessToken }),
        measure: createTokenMetrics(options.metrics),
      }),
      deviceAuthorization: createDeviceAuthorizationEndpoint({ ...options, authenticate }),
      introspection: createIntrospectionEndpoint(inspection),
      revocation: createRevocationEndpoint(inspection),
      userinfo: createUserInfoEndpoint(inspection),
    },
  };
}
