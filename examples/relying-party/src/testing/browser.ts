/** What a browser without script does: keeps cookies, sends forms, follows redirects. */
export interface Browser {
  /** Every address asked for, in order. */
  readonly visited: readonly string[];
  get(url: string): Promise<Visit>;
  post(
    url: string,
    fields?: Readonly<Record<string, string | readonly string[]>>,
    headers?: Record<string, string>,
  ): Promise<Visit>;
}

/** Where a visit ended. */
interface Visit {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Creates a browser for one site; cookies of other sites are not kept. */
export function createBrowser(site: string): Browser {
  const cookies = new Map<string, string>();
  const visited: string[] = [];
  const visit = async (url: string, init: RequestInit = {}): Promise<Visit> => {
    visited.push(url);
    const isOwn = new URL(url).origin === site;
    const headers = new Headers(init.headers);
    if (isOwn) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of isOwn ? response.headers.getSetCookie() : []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (response.status === 303 && location !== null) return visit(new URL(location, url).href);
    return { url, status: response.status, text: await response.text(), headers: response.headers };
  };
  return {
    visited,
    get: (url) => visit(url),
    post: (url, fields = {}, headers = {}) => {
      const body = new URLSearchParams(
        Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
      );
      return visit(url, { method: 'POST', body, headers: { origin: site, ...headers } });
    },
  };
}
