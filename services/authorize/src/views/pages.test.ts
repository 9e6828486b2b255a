import { describe, expect, it } from 'vitest';
import type { ConsentScope } from '../consent/consent-scopes.ts';
import type { ApprovalModel, LoginModel, Problem } from './models.ts';
import { createTestViews, everyPage } from './views-fixture.ts';

const views = createTestViews();
const pages = everyPage(views);

/** The opening tag with this id. */
function tag(page: string | undefined, id: string): string {
  return new RegExp(`<[a-z0-9]+ [^>]*\\bid="${id}"[^>]*>`).exec(page ?? '')?.[0] ?? '';
}

function login(model: Partial<LoginModel>): string {
  return views.login({ locale: 'en', action: '/login', usernamePrompt: 'Email Address', ...model }).html;
}

describe('connectors page', () => {
  it('has one link for each way to sign in', () => {
    const { html = '' } = pages['connectors'] ?? {};
    expect(tag(html, 'connector-ldap')).toContain('href="/dex/auth/ldap?state=1"');
    expect(html.match(/class="method"/g)).toHaveLength(3);
    expect(tag(html, 'cancel-form')).toContain('method="post" action="/dex/cancel"');
    expect(pages['no connectors']?.html).toContain('id="no-connectors"');
  });

  it('throws for a way that leads to another server', () => {
    const methods = [{ id: 'x', name: 'x', type: 'oidc', href: 'https://evil.example/' }];
    expect(() => views.connectors({ locale: 'en', methods })).toThrow(TypeError);
  });
});

describe('login page', () => {
  it('has fields that password managers and phones understand', () => {
    const html = login({});
    expect(tag(html, 'login-form')).toContain('method="post" action="/login"');
    expect(tag(html, 'login')).toMatch(
      /name="login" type="text" inputmode="email" value="" autocomplete="username" autocapitalize="none" .*spellcheck="false"/,
    );
    expect(tag(html, 'password')).toMatch(/name="password" type="password" autocomplete="current-password"/);
    expect(html).toContain('<label for="login">Email Address</label>');
    expect(html).not.toContain('inputmode="email" inputmode');
    expect(tag(login({ usernamePrompt: 'Staff number' }), 'login')).not.toContain('inputmode');
  });

  it('puts the focus on the first field that is empty, and after a failure on the summary', () => {
    const focused = (html: string) =>
      [...html.matchAll(/<[^>]* id="([^"]+)"[^>]* autofocus[^>]*>/g)].map((match) => match[1]);
    expect(focused(login({}))).toEqual(['login']);
    expect(focused(login({ login: 'jane' }))).toEqual(['password']);
    expect(focused(login({ login: 'jane', failure: { reason: 'wrong-credentials' } }))).toEqual(['login-error']);
  });

  it('N62: keeps the name after a failure, never a password, and does not say which half was wrong', () => {
    const html = login({ login: 'jane "x"', failure: { reason: 'wrong-credentials' } });
    expect(tag(html, 'login')).toContain('value="jane &#34;x&#34;"');
    expect(tag(html, 'login')).toContain('aria-invalid="true" aria-describedby="login-error"');
    expect(tag(html, 'password')).toContain('aria-invalid="true" aria-describedby="login-error"');
    expect(tag(html, 'password')).not.toContain('value=');
    expect(tag(html, 'login-error')).toContain('role="alert" tabindex="-1"');
    expect(html).toContain('“Email Address” or “Password” is not right.');
  });

  it('shows no password even if a caller passes one along', () => {
    const posted = { login: 'jane', password: 'canary-7f3a' };
    expect(login({ ...posted, failure: { reason: 'unavailable' } })).not.toContain('canary-7f3a');
  });

  it.each([
    [1, 'en', '1 second,'],
    [95, 'en', '2 minutes,'],
    [7_000, 'en', '2 hours,'],
    [95, 'zh-CN', '请等待2分钟后再试'],
  ] as const)('N64: says how long %d seconds are in %s', (retryAfterSeconds, locale, words) => {
    expect(login({ locale, failure: { reason: 'throttled', retryAfterSeconds } })).toContain(words);
  });

  it.each([
    ['en', 'We cannot sign you in with this account', 'needs an administrator'],
    ['zh-CN', '无法用此账号登录', '管理员'],
  ] as const)(
    'N62: an account that cannot be used is told apart from a wrong password in %s',
    (locale, title, text) => {
      const html = login({ locale, login: 'jane', failure: { reason: 'account-problem' } });
      expect(html).toContain(`<p class="alert-title">${title}</p>`);
      expect(html).toContain(text);
      expect(tag(html, 'login')).toContain('value="jane"');
      expect(tag(html, 'login')).not.toContain('aria-invalid');
    },
  );

  it('translates the prompts it knows and shows the others as configured', () => {
    expect(login({ locale: 'zh-CN' })).toContain('<label for="login">电子邮箱地址</label>');
    expect(login({ locale: 'zh-CN', usernamePrompt: 'Badge' })).toContain('<label for="login">Badge</label>');
    expect(login({ usernamePrompt: ' ' })).toContain('<label for="login">Username</label>');
  });

  it('offers the other ways and the way out only when given', () => {
    expect(tag(pages['login']?.html, 'back')).toContain('href="/dex/auth"');
    expect(tag(pages['login']?.html, 'cancel')).toContain('type="submit"');
    expect(login({})).not.toMatch(/id="(?:back|cancel)"/);
  });
});

describe('approval page', () => {
  it('OIDC Core §3.1.2.4: says who asks, from where, for what and of whom', () => {
    const { html = '' } = everyPage(views, { text: 'files.read' })['approval'] ?? {};
    expect(tag(html, 'approval-form')).toContain('method="post" action="/dex/approval"');
    expect(html).toContain('<input type="hidden" name="req" value="files.read">');
    expect(html).toContain('<input type="hidden" name="hmac" value="files.read">');
    expect(tag(html, 'approve')).toContain('name="approval" value="approve"');
    expect(tag(html, 'reject')).toContain('name="approval" value="rejected"');
    expect(html.indexOf('id="approve"')).toBeLessThan(html.indexOf('id="reject"'));
    expect(html).toContain('Allow <bdi>Example App</bdi></span></button>');
    expect(html).toContain('id="application-host"><bdi>app.example.com</bdi>');
    expect(html).toContain('id="person-email"><bdi>files.read@example.com</bdi>');
  });

  it('hides nothing that is asked for', () => {
    const { html = '' } = everyPage(views, { text: 'files.read' })['approval'] ?? {};
    for (const words of [
      'Your name and profile',
      'Your email address',
      'The groups you belong to',
      'Keep this access',
    ]) {
      expect(html).toContain(words);
    }
    expect(html).toContain('Use your sign-in at <strong>files.read</strong>');
    expect(html).toContain('<code>files.read</code>');
  });

  it('N71: shows look-alike letters in the host and its end, and the scheme of a native application', () => {
    const host = (redirectUri: string) =>
      /id="application-host"><bdi>([^<]*)/.exec(
        everyPage(views, { application: { name: 'x', redirectUri } })['approval']?.html ?? '',
      )?.[1];
    expect(host('https://аpple.com/cb')).toBe('xn--pple-43d.com');
    const long = `login.bank.example.${'a.'.repeat(90)}evil.example`;
    expect(host(`https://${long}/cb`)).toBe(long);
    expect(host('http://localhost:8080/cb')).toBe('localhost:8080');
    expect(host('com.example.cli:/cb')).toBe('An app on this device (com.example.cli)');
  });
});

describe('what an application tells about itself', () => {
  const application = { name: 'Example App', redirectUri: 'https://app.example.com/callback' };

  it.each(['connectors', 'login', 'approval', 'device confirm'])(
    'RFC 7591 §2: its page, policy and terms are on the page %s',
    (name) => {
      const html = pages[name]?.html;
      for (const [id, path] of [
        ['page', 'about'],
        ['policy', 'privacy'],
        ['terms', 'terms'],
      ]) {
        expect(tag(html, `application-${id}`)).toBe(
          `<a id="application-${id}" href="https://app.example.com/${path}" target="_blank" rel="noopener noreferrer">`,
        );
      }
    },
  );

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    '/dex/logout',
    '//evil.example/',
    'https://user:pw@x.example/',
    '',
  ])('N13: %j is no page on the web, and no link', (address) => {
    const named = { ...application, clientUri: address, policyUri: address, tosUri: address };
    expect(login({ application: named })).not.toContain('application-links');
  });
});

describe('staying signed in', () => {
  it('is a box that says so, ticked as it stands, and none where nothing is kept', () => {
    expect(tag(login({ staySignedIn: true }), 'remember-me')).toBe(
      '<input id="remember-me" name="remember_me" type="checkbox" value="yes" checked>',
    );
    expect(tag(login({ staySignedIn: false }), 'remember-me')).not.toContain('checked');
    expect(login({})).not.toContain('remember');
    expect(login({ staySignedIn: true, locale: 'zh-CN' })).toContain('在此浏览器中保持登录');
  });

  it('is a link to the other choice where there is no form', () => {
    const page = (isOn: boolean) =>
      views.connectors({
        locale: 'en',
        methods: [{ id: 'x', name: 'X', type: 'oidc', href: '/x' }],
        staySignedIn: { isOn, otherHref: '/dex/auth?y' },
      }).html;
    expect(tag(page(true), 'stay-signed-in-change')).toContain('href="/dex/auth?y"');
    expect(page(true)).toContain('You will stay signed in with this browser.');
    expect(page(false)).toContain('You will be signed out when you close the browser.');
  });
});

describe('the boxes of the approval page', () => {
  const scope = { kind: 'api', isRequired: false, isEmphasized: false } as const;
  const approval = (scopes: readonly ConsentScope[], more: Partial<ApprovalModel> = {}) =>
    views.approval({
      locale: 'en',
      application: { name: 'Example App', redirectUri: 'https://app.example.com/callback' },
      action: '/dex/approval',
      req: 'r',
      hmac: 'h',
      scopes,
      person: {},
      ...more,
    }).html;

  it('are ticked, each with its words as label, and what is required has none', () => {
    const html = approval([
      { ...scope, name: 'a', isRequired: true },
      { ...scope, name: 'b', displayName: 'Do <b>', description: 'More of it', isEmphasized: true },
    ]);
    expect(html).toContain('<input type="hidden" name="scope-0" value="yes">');
    expect(tag(html, 'scope-1')).toBe('<input id="scope-1" name="scope-1" type="checkbox" value="yes" checked>');
    expect(html).toContain('<label class="box" for="scope-1">');
    expect(html).toContain('Do &#60;b&#62;');
    expect(html).toContain('<li class="emphasized">');
    expect(html).toContain('<span class="hint">More of it</span>');
  });

  it('are left out where there is nothing to choose', () => {
    const html = approval([{ ...scope, name: 'a', isRequired: true }]);
    expect(html).not.toMatch(/checkbox|name="choice"|scope-0/);
  });

  it('offers to be remembered only where it can be, and does not tick that', () => {
    expect(approval([], { canRemember: true })).toContain(
      '<input id="remember" name="remember" type="checkbox" value="yes">',
    );
    expect(approval([])).not.toContain('remember');
  });
});

describe('error page', () => {
  it('says what happened, whose turn it is, and the reference', () => {
    const { html = '' } = everyPage(views, { text: 'REF-1' })['error'] ?? {};
    expect(html).toContain('<h1 id="error-title">This sign-in request is not right</h1>');
    expect(html).toContain('<code id="error-reference">REF-1</code>');
    expect(html).toContain('<p id="error-turn">Please tell the people who run the application');
    expect(tag(html, 'start-again')).toContain('href="/dex/auth"');
    expect(tag(html, 'return')).toContain('href="https://app.example.com/"');
  });

  it.each([
    'bad-request',
    'bad-logout',
    'unknown-application',
    'untrusted-return',
    'sign-in-failed',
    'not-allowed',
    'wrong-browser',
    'not-found',
    'unavailable',
    'internal',
  ] as const satisfies readonly Problem[])('%s has a way on without an application', (problem) => {
    const { html } = views.error({ locale: 'en', problem, turn: 'administrator', reference: 'R' });
    expect(html).toContain('Please ask your administrator');
    expect(html).not.toContain('id="application"');
  });

  it.each([
    ['en', 'Go back to the application that you want to use'],
    ['zh-CN', '请回到您要使用的应用'],
  ] as const)(
    'an address without a page leads back to where people come from, as nothing can be tried again (%s)',
    (locale, words) => {
      const { html } = views.error({ locale, problem: 'not-found', reference: 'R' });
      expect(html).toContain(`<p id="error-turn">${words}`);
    },
  );

  it('N13: leaves out a way back that is not on the web', () => {
    const { html } = views.error({
      locale: 'en',
      problem: 'internal',
      reference: 'R',
      returnHref: 'javascript:alert(1)',
    });
    expect(html).not.toContain('id="return"');
  });
});

describe('signed-out and expired pages', () => {
  it('OIDC RP-Initiated Logout §2: says that the session has ended', () => {
    expect(tag(pages['signed out']?.html, 'signed-out')).toBe('<h1 id="signed-out">');
    expect(tag(pages['signed out']?.html, 'return')).toContain('href="https://app.example.com/"');
  });

  it('never ends without a way on', () => {
    expect(tag(pages['expired']?.html, 'start-again')).toContain('href="/dex/auth"');
    expect(pages['already used']?.html).toContain('go back to <bdi>Example App</bdi> and sign in from there');
  });
});
