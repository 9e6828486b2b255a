import { type CookieJar, createCookieJar } from './cookie-jar.ts';
import { type HtmlForm, parseForms } from './html-forms.ts';

/** Where a visit ended. */
export interface Page {
  /** The address of the page; of the redirect that was not followed when `isStopped`. */
  readonly url: URL;
  /** The status of the last answer. */
  readonly status: number;
  readonly headers: Headers;
  /** The last answer's body. */
  readonly body: string;
  /** Whether the visit ended at a redirect to `stopAt`, which was not followed. */
  readonly isStopped: boolean;
  /** The addresses of all requests of this visit, in order. */
  readonly visited: readonly URL[];
  /** The forms in `body`. */
  forms(): HtmlForm[];
  /** The only form in `body`, or the first one that has all these fields. @throws Error when there is none. */
  form(...fields: string[]): HtmlForm;
}

/** How a request is made. */
export interface VisitOptions {
  /** A redirect to an address that begins so ends the visit; what the agent was created with when left out. */
  readonly stopAt?: string;
  /** Further request headers, sent with the first request alone. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is typed and pressed in a form. */
export interface SubmitOptions extends VisitOptions {
  /** Values that replace or join the form's own; undefined leaves a field out. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** Name or label of the button that is pressed; the first one when left out. */
  readonly button?: string;
}

/** A browser without a screen, script or cache. */
export interface UserAgent {
  readonly jar: CookieJar;
  /** Goes to an address and follows redirects. @throws Error after too many of them. */
  get(url: URL | string, options?: VisitOptions): Promise<Page>;
  /** Sends a form as a browser does, with `Origin` and `Referer`, and follows redirects. */
  submit(form: HtmlForm, options?: SubmitOptions): Promise<Page>;
}

/** How {@link createUserAgent} sets the browser up. */
export interface UserAgentOptions {
  /** A jar to share; a new one when left out. */
  readonly jar?: CookieJar;
  /** A redirect to an address that begins so ends a visit, for example the client's redirect URI. */
  readonly stopAt?: string;
  /** Most redirects of a visit; 20 when left out. */
  readonly maxRedirects?: number;
  /** Request headers of every request, for example `accept-language`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the requests; the platform's own when left out. It must not follow redirects when told so. */
  readonly fetch?: typeof fetch;
}

interface PageRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly body?: URLSearchParams | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Creates a {@link UserAgent} with an empty cookie jar. */
export function createUserAgent(options: UserAgentOptions = {}): UserAgent {
  const { jar = createCookieJar(), maxRedirects = 20, fetch: send = fetch } = options;

  async function request({ url, method, body, headers }: PageRequest): Promise<Response> {
    const cookie = jar.header(url);
    const response = await send(url, {
      method,
      redirect: 'manual',
      headers: { accept: 'text/html, */*;q=0.5', ...options.headers, ...headers, ...(cookie ? { cookie } : {}) },
      ...(body ? { body } : {}),
    });
    jar.store(url, response.headers.getSetCookie());
    return response;
  }

  async function visit(first: PageRequest, stopAt = options.stopAt): Promise<Page> {
    const visited: URL[] = [];
    let next = first;
    while (visited.length <= maxRedirects) {
      visited.push(next.url);
      const response = await request(next);
      const body = await response.text();
      const target = redirectTarget(response, next.url);
      if (target === undefined) return pageOf(next.url, response, body, visited, false);
      if (stopAt !== undefined && target.href.startsWith(stopAt)) return pageOf(target, response, body, visited, true);
      next = redirected(next, response.status, target);
    }
    throw new Error(
      `more than ${maxRedirects} redirects: ${visited.map((url) => url.origin + url.pathname).join(' ')}`,
    );
  }

  return {
    jar,
    get: (url, { stopAt, headers = {} } = {}) => visit({ url: new URL(url), method: 'GET', headers }, stopAt),
    submit: (form, submission = {}) => visit(formRequest(form, submission), submission.stopAt),
  };
}

function formRequest(form: HtmlForm, { fields = {}, button, headers = {} }: SubmitOptions): PageRequest {
  const pressed =
    button === undefined
      ? form.buttons[0]
      : form.buttons.find(({ name, label }) => name === button || label === button);
  if (button !== undefined && !pressed) throw new Error(`the form at ${form.page.pathname} has no button ${button}`);
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...form.fields, ...fields })) {
    if (value !== undefined) body.append(name, value);
  }
  if (pressed?.name !== undefined && !(pressed.name in fields)) body.append(pressed.name, pressed.value);
  if (form.method === 'POST') {
    const from = { origin: form.page.origin, referer: form.page.href };
    return { url: form.action, method: 'POST', body, headers: { ...from, ...headers } };
  }
  const url = new URL(form.action);
  url.search = body.toString();
  return { url, method: 'GET', headers: { referer: form.page.href, ...headers } };
}

function redirectTarget(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return undefined;
  const target = new URL(location, from);
  // Fetch Standard §4.4: a fragment is inherited unless the redirect brings its own.
  if (target.hash === '') target.hash = from.hash;
  return target;
}

// RFC 9110 §15.4: 307 and 308 keep the method and the body; after the others browsers ask with GET.
function redirected(request: PageRequest, status: number, url: URL): PageRequest {
  const keepsMethod = status === 307 || status === 308;
  return keepsMethod ? { ...request, url, headers: {} } : { url, method: 'GET', headers: {} };
}

function pageOf(url: URL, response: Response, body: string, visited: readonly URL[], isStopped: boolean): Page {
  const forms = () => parseForms(body, url);
  return {
    url,
    status: response.status,
    headers: response.headers,
    body,
    isStopped,
    visited,
    forms,
    form: (...fields) => {
      const found = forms().find((form) => fields.every((field) => field in form.fields));
      if (!found) throw new Error(`no form with ${fields.join(', ') || 'any field'} in the page ${url.pathname}`);
      return found;
    },
  };
}
