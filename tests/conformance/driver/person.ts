import { createUserAgent, decodeHtml, type HtmlForm, type Page, type UserAgent } from '@tessera/testkit';
import { PERSON } from '../system.ts';

/** A page on which a person has something to do. */
export type PageName = 'connectors' | 'login' | 'approval';

/** What came to the client's address, and how. */
export interface ClientAnswer {
  readonly via: 'query' | 'fragment' | 'form_post';
  /** The address that was called, with whatever stands in its query and fragment. */
  readonly url: URL;
  /** Each parameter of the answer; those of the query and the fragment together for a redirect. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** How a visit of the authorization endpoint ended. */
export interface Visit {
  /** The pages that showed on the way, in order. */
  readonly pages: readonly PageName[];
  /** Undefined when it ended on a page of the issuer's. */
  readonly answer: ClientAnswer | undefined;
  readonly lastPage: Page;
}

/** A person with a browser without script, who signs in and agrees wherever they are asked. */
export interface Person {
  readonly agent: UserAgent;
  /** Opens an authorization request. */
  visit(url: URL, options?: VisitChoices): Promise<Visit>;
  /** The same by POST, as a client's page would send it (OIDC Core §3.1.2.1). */
  post(url: URL, options?: VisitChoices): Promise<Visit>;
}

/** What the person does. */
export interface VisitChoices {
  /** Looks at each page before it is left. */
  readonly onPage?: (name: PageName, page: Page) => void;
}

const MOST_PAGES = 6;

/** A person with an empty browser. `redirectUri` is the client's address: whatever begins with it ends a visit. */
export function createPerson(redirectUri: string): Person {
  const agent = createUserAgent({ stopAt: redirectUri });
  const walk = async (start: Promise<Page>, { onPage }: VisitChoices = {}): Promise<Visit> => {
    const pages: PageName[] = [];
    let page = await start;
    while (pages.length < MOST_PAGES) {
      const answer = answerOf(page);
      const name = answer === undefined ? pageName(page) : undefined;
      if (name === undefined) return { pages, answer, lastPage: page };
      pages.push(name);
      onPage?.(name, page);
      page = await nextPage(agent, name, page);
    }
    throw new Error(`the sign-in goes in circles: ${pages.join(', ')}`);
  };
  return {
    agent,
    visit: (url, choices) => walk(agent.get(url), choices),
    post: (url, choices) => walk(agent.submit(clientForm(url)), choices),
  };
}

function pageName(page: Page): PageName | undefined {
  if (page.body.includes('id="connectors"')) return 'connectors';
  if (page.body.includes('id="login-form"')) return 'login';
  return page.body.includes('id="approval-form"') ? 'approval' : undefined;
}

function nextPage(agent: UserAgent, name: PageName, page: Page): Promise<Page> {
  switch (name) {
    case 'connectors':
      return agent.get(new URL(linkTo(page, 'connector-local'), page.url));
    case 'login':
      return agent.submit(page.form('login', 'password'), {
        fields: { login: PERSON.login, password: PERSON.password },
      });
    case 'approval':
      return agent.submit(page.form('req', 'hmac'), { button: 'approval', fields: { remember: 'yes' } });
  }
}

function linkTo(page: Page, id: string): string {
  const href = new RegExp(`id="${id}" href="([^"]*)"`).exec(page.body)?.[1];
  if (href === undefined) throw new Error(`no link ${id} in the page ${page.url.pathname}`);
  return decodeHtml(href);
}

function answerOf(page: Page): ClientAnswer | undefined {
  if (page.isStopped) return redirectAnswer(page.url);
  if (!page.body.includes('id="form-post"')) return undefined;
  const form = page.form();
  return { via: 'form_post', url: form.action, parameters: new Map(Object.entries(form.fields)) };
}

function redirectAnswer(url: URL): ClientAnswer {
  const fragment = new URLSearchParams(url.hash.slice(1));
  return {
    via: url.hash === '' ? 'query' : 'fragment',
    url,
    parameters: new Map([...url.searchParams, ...fragment]),
  };
}

/** The form that a client's page posts; its browser sends no cookies of the issuer along, as the page is another site's. */
function clientForm(url: URL): HtmlForm {
  const action = new URL(url);
  action.search = '';
  return {
    action,
    method: 'POST',
    page: new URL('https://client.example/'),
    fields: Object.fromEntries(url.searchParams),
    buttons: [],
  };
}
