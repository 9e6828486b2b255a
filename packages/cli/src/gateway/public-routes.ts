import { hasSegments, MAX_FORM_BYTES, type RouteName, type RouteSpec, routePaths, routeTable } from '@tessera/http';
import type { GatewayLimits, PublicService } from './gateway-options.ts';

/** Which of the bounds for one address a route falls under. */
export type LimitClass = Exclude<keyof GatewayLimits, 'connections' | 'exempt'>;

/** A row of the route table as a gateway sees it. */
export interface PublicRoute {
  readonly name: RouteName;
  readonly spec: RouteSpec;
  /** Undefined = never bounded: a load balancer asks for it. */
  readonly limitClass: LimitClass | undefined;
}

/** Longest that a gateway waits for an answer: a little longer than a request may take in a service. */
export const REQUEST_TIMEOUT_SECONDS = 16;

/** Most KiB of a request's body where the route takes one; services take as much. */
export const MAX_BODY_KIB = MAX_FORM_BYTES / 1024;

/**
 * Headers by which a client might pass itself off as another, as somebody vouched for, or as asking for something else
 * (N60, N61). No service believes them, and none gets them. At most 16, as many as an HTTPRoute may remove.
 */
export const untrustedHeaders: readonly string[] = [
  'Forwarded',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'X-Forwarded-Prefix',
  'X-Forwarded-Client-Cert',
  'X-Real-IP',
  'X-Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-HTTP-Method-Override',
  'Client-Cert',
  'Client-Cert-Chain',
  'Proxy',
];

/** All of them. */
export const limitClasses: readonly LimitClass[] = ['pages', 'signIns', 'clients', 'documents'];

const classes: Readonly<Record<RouteName, LimitClass | undefined>> = {
  discovery: 'documents',
  serverMetadata: 'documents',
  jwks: 'documents',
  home: 'pages',
  authorization: 'pages',
  connectorLogin: 'pages',
  passwordLogin: 'signIns',
  callback: 'pages',
  connectorCallback: 'pages',
  approval: 'pages',
  device: 'pages',
  deviceVerification: 'signIns',
  checkSession: 'pages',
  logoutCallback: 'pages',
  logout: 'pages',
  asset: 'documents',
  robots: 'documents',
  token: 'clients',
  deviceAuthorization: 'clients',
  introspection: 'clients',
  revocation: 'clients',
  userinfo: 'clients',
  health: undefined,
};

/** Every public route, in the table's order. */
export const publicRoutes: readonly PublicRoute[] = (Object.keys(routeTable) as RouteName[]).map((name) => ({
  name,
  spec: routeTable[name],
  limitClass: classes[name],
}));

/** The services that answer public requests, by name. */
export const publicServices: readonly PublicService[] = [
  ...new Set(publicRoutes.map(({ spec }) => spec.service)),
].toSorted();

/** A path, or all paths below one, that belong to a service. */
export interface PathMatch {
  readonly service: PublicService;
  readonly type: 'Exact' | 'PathPrefix';
  /** Below the issuer's path; empty for the issuer itself. */
  readonly path: string;
  /** Whether the issuer's path stands behind it instead, as RFC 8414 §3.1 puts it. */
  readonly isAtRoot: boolean;
}

/** How the mark of the issuer's path, whatever that is, is spelled while matches are made. */
const ISSUER_PATH = '/{issuer}';

/**
 * The route table in the words that Gateway API and Ingress have: exact paths, and prefixes of whole segments where the
 * table has segments of any text. What a prefix takes in too many, its service answers with 404.
 */
export const pathMatches: readonly PathMatch[] = distinct(
  publicRoutes.flatMap(({ spec }): PathMatch[] => {
    const { service } = spec;
    if (hasSegments(spec)) {
      const path = spec.path.slice(0, spec.path.indexOf('/:'));
      return [{ service, type: 'PathPrefix', path, isAtRoot: false }];
    }
    return routePaths(ISSUER_PATH, spec).map((full) => {
      const isAtRoot = !full.startsWith(ISSUER_PATH);
      return { service, type: 'Exact', path: full.replace(ISSUER_PATH, ''), isAtRoot };
    });
  }),
);

/** The path of a match under an issuer's path; undefined where an issuer without a path has that path already. */
export function fullPath(basePath: string, { path, isAtRoot }: PathMatch): string | undefined {
  if (isAtRoot) return basePath === '' ? undefined : `${path}${basePath}`;
  return `${basePath}${path}` || '/';
}

function distinct(matches: readonly PathMatch[]): readonly PathMatch[] {
  return [...new Map(matches.map((match) => [JSON.stringify(match), match])).values()];
}
