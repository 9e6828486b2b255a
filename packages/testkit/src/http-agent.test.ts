import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHtml, parseForms } from './html-forms.ts';
import { createUserAgent } from './http-agent.ts';

type Handler = (request: Request) => Response | Promise<Response>;

function agentOf(handlers: Readonly<Record<string, Handler>>, options = {}) {
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input instanceof URL ? input.href : input, init);
    const handler = handlers[new URL(request.url).pathname];
    return handler ? handler(request) : new Response('not found', { status: 404 });
  };
  return createUserAgent({ fetch: send, ...options });
}

const redirect = (location: string, status = 303, headers = {}) =>
  new Response(null, { status, headers: { location, ...headers } });

const LOGIN = `
  <!-- <form action="/commented"><input name="no"></form> -->
  <form action="/login?a=1&amp;b=2" method="post">
    <input type="hidden" name="csrf" value="&quot;x&#x3E;&quot;">
    <input name=login value='jane'> <input type="password" name="password" />
    <input type="checkbox" name="remember" checked><input type="checkbox" name="other" value="1">
    <input name="off" disabled>
    <select name="connector"><option value="l">LDAP<option value="g" selected>GitHub</select>
    <textarea name="note">
one &lt; two</textarea>
    <button name="action" value="ok">Sign <b>in</b></button><button type="button" name="x">Help</button>
    <button name="action" value="cancel">Cancel</button>
  </form>`;

test('Redirects are followed with the cookies set on the way, up to the address to stop at', async () => {
  const agent = agentOf(
    {
      '/start': () => redirect('/middle', 302, { 'set-cookie': 'session=1; Path=/' }),
      '/middle': (request) => redirect(`https://app.test/callback?code=${request.headers.get('cookie')}`),
    },
    { stopAt: 'https://app.test/callback' },
  );
  const page = await agent.get('https://op.test/start');
  expect(page.isStopped).toBe(true);
  expect(page.url.searchParams.get('code')).toBe('session=1');
  expect(page.visited.map((url) => url.pathname)).toEqual(['/start', '/middle']);
});

test('Too many redirects are an error that shows no query', async () => {
  const agent = agentOf({ '/loop': () => redirect('/loop?secret=1') }, { maxRedirects: 3 });
  await expect(agent.get('https://op.test/loop')).rejects.toThrow(/^more than 3 redirects: (?!.*secret)/);
});

test('A form is sent with its own values, what is typed, the pressed button, Origin and Referer', async () => {
  const agent = agentOf({
    '/page': () => new Response(LOGIN),
    '/login': async (request) => {
      const { method, headers } = request;
      const sent = { query: new URL(request.url).search, method, body: await request.text() };
      return Response.json({ ...sent, origin: headers.get('origin'), referer: headers.get('referer') });
    },
  });
  const page = await agent.get('https://op.test/page?state=1');
  const form = page.form('csrf', 'login');
  const answer = await agent.submit(form, { fields: { password: 'p w', note: undefined }, button: 'Cancel' });
  expect(JSON.parse(answer.body)).toEqual({
    query: '?a=1&b=2',
    method: 'POST',
    body: 'csrf=%22x%3E%22&login=jane&password=p+w&remember=on&connector=g&action=cancel',
    origin: 'https://op.test',
    referer: 'https://op.test/page?state=1',
  });
  await expect(async () => agent.submit(form, { button: 'Delete' })).rejects.toThrow('has no button Delete');
});

test('RFC 9110 §15.4: after a POST, 302 and 303 ask with GET, 307 and 308 send the form again', async () => {
  const agent = agentOf({
    '/page': (request) =>
      new Response(
        `<form method=post action="/${new URL(request.url).hash.slice(1) || '302'}"><input name=a value=b></form>`,
      ),
    '/302': () => redirect('/end', 302),
    '/307': () => redirect('/end', 307),
    '/end': async (request) => new Response(`${request.method} ${await request.text()}`),
  });
  const form = (await agent.get('https://op.test/page')).form('a');
  expect((await agent.submit(form)).body).toBe('GET ');
  expect((await agent.submit({ ...form, action: new URL('https://op.test/307') })).body).toBe('POST a=b');
});

test('A form with GET replaces the query of its action', async () => {
  const agent = agentOf({ '/search': (request) => new Response(new URL(request.url).search) });
  const [form] = parseForms('<form action="/search?old=1"><input name="q" value="x"></form>', 'https://op.test/');
  if (!form) throw new Error('no form');
  expect((await agent.submit(form)).body).toBe('?q=x');
});

test('A form without an action is sent to its page, and values are read as a browser reads them', () => {
  const [form] = parseForms(LOGIN.replace('action="/login?a=1&amp;b=2"', ''), 'https://op.test/auth?x=1');
  expect(form?.action.href).toBe('https://op.test/auth?x=1');
  expect(form?.fields).toEqual({
    csrf: '"x>"',
    login: 'jane',
    password: '',
    remember: 'on',
    connector: 'g',
    note: 'one < two',
  });
  expect(form?.buttons.map((button) => button.label)).toEqual(['Sign in', 'Cancel']);
});

test('Any value that a server escapes is read back, and any text is parsed without failing', () => {
  const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  fc.assert(
    fc.property(fc.string(), (value) => {
      expect(decodeHtml(escaped(value))).toBe(value);
      const [form] = parseForms(`<form><input name="v" value="${escaped(value)}"></form>`, 'https://op.test/');
      expect(form?.fields).toEqual({ v: value });
    }),
  );
  fc.assert(
    fc.property(fc.string(), (html) => {
      expect(parseForms(html, 'https://op.test/')).toEqual([]);
    }),
  );
});
