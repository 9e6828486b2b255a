import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestViews } from './views-fixture.ts';

const views = createTestViews();
const frames = ['https://a.example/out?iss=x&sid=1', 'http://localhost:8080/out', 'javascript:alert(1)'];

describe('OIDC Front-Channel Logout §3: the page that tells applications', () => {
  const page = views.logoutFrames({ locale: 'en', frames, continueHref: 'https://app.example.com/bye?state=a%22b' });

  it('has a frame for each, and lets no other origin in', () => {
    const sources = [...page.html.matchAll(/<iframe hidden title="" sandbox="([^"]+)" src="([^"]+)">/g)];
    expect(sources.map(([, sandbox, src]) => [sandbox, src])).toEqual([
      ['allow-scripts allow-same-origin allow-forms', 'https://a.example/out?iss=x&#38;sid=1'],
      ['allow-scripts allow-same-origin allow-forms', 'http://localhost:8080/out'],
    ]);
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain('; frame-src https://a.example http://localhost:8080;');
    expect(policy).not.toContain('unsafe');
  });

  it('N69: goes on by one script that its policy admits by its hash, or by itself, or by a link', () => {
    const [, script = ''] = /<script>([^<]*)<\/script>/.exec(page.html) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page.headers['content-security-policy']).toContain(`script-src 'self' 'sha256-${hash}';`);
    // Of a page with frames, `load` comes when all of them are loaded.
    expect(script).toContain("addEventListener('load',go)");
    expect(script).toContain('setTimeout(go,5000)');
    expect(page.headers['refresh']).toBe('7;url=https://app.example.com/bye?state=a%22b');
    expect(page.html).toContain('id="continue" href="https://app.example.com/bye?state=a%22b"');
  });

  it('N13: goes on to the web alone', () => {
    for (const continueHref of ['javascript:alert(1)', 'com.example.app:/bye', '//evil.example']) {
      expect(() => views.logoutFrames({ locale: 'en', frames, continueHref })).toThrow(TypeError);
    }
    expect(
      views.logoutFrames({ locale: 'zh-CN', frames, continueHref: '/dex/logout/callback?state=x' }).html,
    ).toContain('正在退出登录');
  });

  it('is the last page where there is nowhere to go on to', () => {
    const last = views.signedOut({ locale: 'en', frames });
    expect(last.html.match(/<iframe /g)).toHaveLength(2);
    expect(last.headers['content-security-policy']).toContain('; frame-src https://a.example http://localhost:8080;');
    expect(last.headers).not.toHaveProperty('refresh');
    expect(views.signedOut({ locale: 'en' }).headers['content-security-policy']).not.toContain('frame-src');
  });
});

describe('OIDC RP-Initiated Logout §2: the question', () => {
  const model = {
    locale: 'en',
    action: '/dex/logout',
    fields: [['hmac', '"><script>']],
    person: { name: 'Jane', email: 'jane@example.com' },
    leadsTo: ['https://upstream'],
  } as const;

  it('is a form with both answers, needs no script, and says who is signed in', () => {
    const { html } = views.logoutQuestion(model);
    expect(html).toContain('<form id="logout-form" class="choices" method="post" action="/dex/logout" data-once>');
    expect(html).toContain('name="hmac" value="&#34;&#62;&#60;script&#62;"');
    expect(html.indexOf('name="logout" value="yes"')).toBeLessThan(html.indexOf('name="logout" value="no"'));
    expect(html).toContain('You are signed in as <strong><bdi>Jane</bdi></strong>.');
    expect(html).not.toContain('id="next-step"');
  });

  it('says where the person will be afterwards, and lets the form lead there', () => {
    const application = { name: 'Example App', redirectUri: 'com.example.app:/bye' };
    const { html, headers } = views.logoutQuestion({ ...model, application });
    expect(html).toContain('id="next-step"');
    expect(headers['content-security-policy']).toContain("form-action 'self' com.example.app: https:;");
  });
});

it('a person who stays signed in can go back to the application, if it has a page', () => {
  const page = (returnHref?: string) => views.stillSignedIn({ locale: 'en', returnHref }).html;
  expect(page('https://app.example.com/')).toContain('id="return" href="https://app.example.com/"');
  expect(page('javascript:alert(1)')).not.toContain('id="return"');
  expect(page()).toContain('You can close this page.');
});
