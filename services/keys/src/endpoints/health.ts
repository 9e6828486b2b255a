import type { HttpHandler } from '@tessera/http';

/** Whether this process can do its work: 200 with Dex's words, or 503. */
export function createHealthHandler(isHealthy: () => boolean): HttpHandler {
  return async () => {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    return isHealthy()
      ? { status: 200, headers, body: 'Health check passed' }
      : { status: 503, headers, body: 'Health check failed' };
  };
}
