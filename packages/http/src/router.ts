import { type RouteName, type RouteSpec, routeTable } from './route-table.ts';

/** A route a path belongs to, with the values of its `:name` segments. */
export interface RouteMatch {
  readonly name: RouteName;
  readonly spec: RouteSpec;
  readonly segments: Readonly<Record<string, string>>;
}

/** Finds the route of a path. */
export type Router = (path: string) => RouteMatch | undefined;

/** RFC 8615 §3. */
const WELL_KNOWN = '/.well-known/';

const FORBIDDEN_IN_SEGMENT = /[/\\\p{Cc}]/u;

interface Pattern {
  readonly name: RouteName;
  readonly spec: RouteSpec;
  /** Of the path below the issuer's, which is text whatever is in it. */
  readonly parts: readonly string[];
}

/**
 * A router over the given routes below `basePath` (the issuer's path, `''` or like `/dex`). Matching is exact: no
 * trailing slash, no normalisation of dots, of case or of percent-encoding, so that no two spellings name one route.
 */
export function createRouter(basePath: string, names: readonly RouteName[]): Router {
  const exact = new Map<string, RouteMatch>();
  const patterns: Pattern[] = [];
  for (const name of names) {
    const spec: RouteSpec = routeTable[name];
    if (hasSegments(spec)) patterns.push({ name, spec, parts: spec.path.split('/') });
    else for (const path of routePaths(basePath, spec)) exact.set(path, { name, spec, segments: {} });
  }
  return (path) => {
    const hit = exact.get(path);
    if (hit !== undefined) return hit;
    if (!path.startsWith(basePath)) return undefined;
    const parts = path.slice(basePath.length).split('/');
    for (const pattern of patterns) {
      const segments = matchParts(pattern.parts, parts);
      if (segments !== undefined) return { name: pattern.name, spec: pattern.spec, segments };
    }
    return undefined;
  };
}

/**
 * The full paths of a route, the usual one first. A document with a well-known name has two when the issuer has a path: below
 * that path, as OIDC Discovery §4.1 puts it, and at the root of the host with the issuer's path behind the name, as RFC 8414 §3.1
 * does. Clients look for either document at either place (RFC 8414 §5). Home is the issuer itself, without a trailing slash.
 */
export function routePaths(basePath: string, { path }: RouteSpec): readonly string[] {
  if (path === '/') return [basePath === '' ? '/' : basePath];
  const below = `${basePath}${path}`;
  return path.startsWith(WELL_KNOWN) && basePath !== '' ? [below, `${path}${basePath}`] : [below];
}

/** Whether a route's path has segments that match any text. */
export function hasSegments({ path }: RouteSpec): boolean {
  return path.includes('/:');
}

function matchParts(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const segments: Record<string, string> = {};
  for (const [position, want] of pattern.entries()) {
    const have = parts[position] ?? '';
    if (!want.startsWith(':')) {
      if (want !== have) return undefined;
      continue;
    }
    const value = decodeSegment(have);
    if (value === undefined) return undefined;
    segments[want.slice(1)] = value;
  }
  return segments;
}

/** A segment's text; undefined when it is empty, malformed, or holds what no name of ours does: slashes, control characters. */
function decodeSegment(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text);
    return value === '' || FORBIDDEN_IN_SEGMENT.test(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
