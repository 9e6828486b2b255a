import type { HttpResponse } from './message.ts';

/** Which scripts of other origins may read our answers (`web.allowedOrigins`, `web.allowedHeaders`). */
export interface CorsPolicy {
  /** Whole origins, compared exactly; `*` for all but `null`, which is never allowed (N12). `all`: what is asked by is not looked at. */
  readonly allowedOrigins: readonly string[] | 'all';
  readonly allowedHeaders: readonly string[];
  /** Origins that clients name for themselves, at this moment; undefined = none ever will. */
  readonly clientOrigins?: () => ReadonlySet<string>;
}

/**
 * For documents that everybody may read: discovery and public keys. No origin is told apart, `null` neither: caches that many
 * share keep these answers, and one without the header must not be given to all others. Any header may come with the request,
 * as the clients of applications add theirs to everything (Fetch standard §3.3.3: `*` alone does not mean `Authorization`).
 */
export const anyOrigin: CorsPolicy = { allowedOrigins: 'all', allowedHeaders: ['*', 'Authorization'] };

const PREFLIGHT_SECONDS = '600';

/**
 * Headers that let `origin` read an answer; none when it may not. Credentials are never allowed. An answer that differs
 * by origin says so even to requests without one, so that no cache gives it to another (Fetch standard §3.3.7).
 */
export function corsHeaders(policy: CorsPolicy, origin: string | undefined): Readonly<Record<string, string>> {
  const { allowedOrigins, clientOrigins } = policy;
  if (allowedOrigins === 'all') return { 'access-control-allow-origin': '*' };
  if (allowedOrigins.length === 0 && clientOrigins === undefined) return {};
  if (allowedOrigins.includes('*')) return origin === 'null' ? {} : { 'access-control-allow-origin': '*' };
  if (origin === undefined || origin === 'null') return { vary: 'Origin' };
  if (!allowedOrigins.includes(origin) && clientOrigins?.().has(origin) !== true) return { vary: 'Origin' };
  return { 'access-control-allow-origin': origin, vary: 'Origin' };
}

/** The answer to a preflight request (Fetch standard §3.3). */
export function preflight(policy: CorsPolicy, origin: string | undefined, methods: readonly string[]): HttpResponse {
  const allowed = corsHeaders(policy, origin);
  const isAllowed = 'access-control-allow-origin' in allowed;
  return {
    status: 204,
    headers: isAllowed
      ? {
          ...allowed,
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': policy.allowedHeaders.join(', '),
          'access-control-max-age': PREFLIGHT_SECONDS,
        }
      : allowed,
    body: '',
  };
}

/** An answer's headers with those of CORS below them; of `vary`, both count. */
export function withVary(
  cors: Readonly<Record<string, string>>,
  own: HttpResponse['headers'],
): HttpResponse['headers'] {
  const { vary } = own;
  const needed = cors['vary'];
  if (vary === undefined || needed === undefined) return { ...cors, ...own };
  return { ...cors, ...own, vary: [vary, needed].flat().join(', ') };
}
