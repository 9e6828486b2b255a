import { type RouteName, type RouteSpec, routeTable } from './route-table.ts';

/** A route a path belongs to, with the values of its `:name` segments. */
export interface RouteMatch {
  readonly name: RouteName;
  readonly spec: RouteSpec;
  readonly segments: Readonly<Record<string, string>>;
}

/** Finds the route of a path. */
export type Router = (path: string) => RouteMatch | undefined;

const FORBIDDEN_IN_SEGMENT = /[/\\\p{Cc}]/u;

interface Pattern {
  readonly name: RouteName;
  readonly spec: RouteSpec;
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
    const full = routePath(basePath, spec);
    if (full.includes(':')) patterns.push({ name, spec, parts: full.split('/') });
    else exact.set(full, { name, spec, segments: {} });
  }
  return (path) => {
    const hit = exact.get(path);
    if (hit !== undefined) return hit;
    const parts = path.split('/');
    for (const pattern of patterns) {
      const segments = matchParts(pattern.parts, parts);
      if (segments !== undefined) return { name: pattern.name, spec: pattern.spec, segments };
    }
    return undefined;
  };
}

/**
 * The full path of a route. RFC 8414 §3.1 puts the metadata's well-known part before the issuer's path, and that is
 * where `serverMetadata` is served; everything else is below the issuer's path. Home is the issuer itself, without a trailing slash.
 */
export function routePath(basePath: string, spec: RouteSpec): string {
  if (spec.path === routeTable.serverMetadata.path) return `${spec.path}${basePath}`;
  if (spec.path === '/') return basePath === '' ? '/' : basePath;
  return `${basePath}${spec.path}`;
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
