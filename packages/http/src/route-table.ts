/**
 * The one table of public routes: which path belongs to which service. The single process dispatches by it, the gateway's
 * configuration is generated from it, and each service serves just its own rows. Paths are below the issuer's path.
 */
export const routeTable = {
  discovery: {
    service: 'keys',
    path: '/.well-known/openid-configuration',
    methods: ['GET'],
    body: 'none',
    cors: 'public',
    audience: 'client',
  },
  serverMetadata: {
    service: 'keys',
    path: '/.well-known/oauth-authorization-server',
    methods: ['GET'],
    body: 'none',
    cors: 'public',
    audience: 'client',
  },
  jwks: { service: 'keys', path: '/keys', methods: ['GET'], body: 'none', cors: 'public', audience: 'client' },
  home: { service: 'authorize', path: '/', methods: ['GET'], body: 'none', cors: false, audience: 'person' },
  authorization: {
    service: 'authorize',
    path: '/auth',
    methods: ['GET', 'POST'],
    body: 'form',
    cors: false,
    audience: 'person',
  },
  connectorLogin: {
    service: 'authorize',
    path: '/auth/:connector',
    methods: ['GET'],
    body: 'none',
    cors: false,
    audience: 'person',
  },
  passwordLogin: {
    service: 'authorize',
    path: '/auth/:connector/login',
    methods: ['GET', 'POST'],
    body: 'form',
    cors: false,
    audience: 'person',
  },
  callback: {
    service: 'authorize',
    path: '/callback',
    methods: ['GET', 'POST'],
    body: 'form',
    cors: false,
    audience: 'person',
  },
  connectorCallback: {
    service: 'authorize',
    path: '/callback/:connector',
    methods: ['GET', 'POST'],
    body: 'form',
    cors: false,
    audience: 'person',
  },
  approval: {
    service: 'authorize',
    path: '/approval',
    methods: ['GET', 'POST'],
    body: 'form',
    cors: false,
    audience: 'person',
  },
  device: {
    service: 'authorize',
    path: '/device',
    methods: ['GET'],
    body: 'none',
    cors: false,
    audience: 'person',
  },
  deviceVerification: {
    service: 'authorize',
    path: '/device/auth/verify_code',
    methods: ['POST'],
    body: 'form',
    cors: false,
    audience: 'person',
  },
  checkSession: {
    service: 'authorize',
    path: '/session/check',
    methods: ['GET'],
    body: 'none',
    cors: false,
    audience: 'person',
  },
  logoutCallback: {
    service: 'authorize',
    path: '/logout/callback',
    methods: ['GET'],
    body: 'none',
    cors: false,
    audience: 'person',
  },
  logout: {
    service: 'authorize',
    path: '/logout',
    methods: ['GET', 'POST'],
    body: 'form',
    cors: false,
    audience: 'person',
  },
  asset: {
    service: 'authorize',
    path: '/static/:file',
    methods: ['GET'],
    body: 'none',
    cors: false,
    audience: 'person',
  },
  robots: {
    service: 'authorize',
    path: '/robots.txt',
    methods: ['GET'],
    body: 'none',
    cors: false,
    audience: 'person',
  },
  token: { service: 'token', path: '/token', methods: ['POST'], body: 'form', cors: true, audience: 'client' },
  deviceAuthorization: {
    service: 'token',
    path: '/device/code',
    methods: ['POST'],
    body: 'form',
    cors: true,
    audience: 'client',
  },
  introspection: {
    service: 'token',
    path: '/token/introspect',
    methods: ['POST'],
    body: 'form',
    cors: true,
    audience: 'client',
  },
  revocation: {
    service: 'token',
    path: '/token/revoke',
    methods: ['POST'],
    body: 'form',
    cors: true,
    audience: 'client',
  },
  userinfo: {
    service: 'token',
    path: '/userinfo',
    methods: ['GET', 'POST'],
    body: 'form',
    cors: true,
    audience: 'client',
  },
  health: { service: 'keys', path: '/healthz', methods: ['GET'], body: 'none', cors: false, audience: 'operator' },
} as const satisfies Readonly<Record<string, RouteSpec>>;

/** A row of the route table. */
export interface RouteSpec {
  /** The service that answers. */
  readonly service: 'authorize' | 'token' | 'keys';
  /** Path below the issuer's; a segment `:name` matches any one segment. */
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST')[];
  /** What a POST carries: `application/x-www-form-urlencoded`, or `multipart/form-data` from a client; at most 64 KiB. */
  readonly body: 'none' | 'form';
  /** Whether scripts of other origins may call it: where the configuration or a client allows their origin, or from everywhere. */
  readonly cors: boolean | 'public';
  /** Who reads the answer: a person gets pages, a client JSON (also for errors). */
  readonly audience: 'person' | 'client' | 'operator';
}

/** Name of a row of the route table. */
export type RouteName = keyof typeof routeTable;

/** Names of the routes one service answers. */
export type RouteNameOf<S extends RouteSpec['service']> = {
  [N in RouteName]: (typeof routeTable)[N]['service'] extends S ? N : never;
}[RouteName];
