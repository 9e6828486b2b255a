import type { HttpResponse } from '@tessera/http';

/** An answer that sets cookies as well; later lines of one name count. */
export function withCookies(response: HttpResponse, cookies: readonly string[]): HttpResponse {
  if (cookies.length === 0) return response;
  const before = response.headers['set-cookie'] ?? [];
  const own = typeof before === 'string' ? [before] : before;
  return { ...response, headers: { ...response.headers, 'set-cookie': [...own, ...cookies] } };
}
