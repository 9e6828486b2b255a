import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestViews } from './views-fixture.ts';

const views = createTestViews();

function pageWith(changes: { readonly redirectUri?: string; readonly state?: string }) {
  const { redirectUri = 'https://app.example.com/cb?tenant=7', state = 'st-1' } = changes;
  return views.formPost({
    locale: 'en',
    application: { name: 'Example App', redirectUri },
    redirectUri,
    fields: [
      ['code', 'c-1'],
      ['state', state],
    ],
  });
}

describe('form post page', () => {
  it('OAuth 2.0 Form Post Response Mode §2: posts the parameters to the redirect URI, and has a button for those without script', () => {
    const { html } = pageWith({});
    expect(html).toContain(
      '<form id="form-post" class="choices" method="post" action="https://app.example.com/cb?tenant=7">',
    );
    expect(
      [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map((match) => match.slice(1)),
    ).toEqual([
      ['code', 'c-1'],
      ['state', 'st-1'],
    ]);
    expect(html).toMatch(/<button [^>]*type="submit"/);
    expect(html.match(/<form /g)).toHaveLength(1);
  });

  it('N13: its policy admits exactly the one script by its hash, and forms to the application', () => {
    const { html, headers } = pageWith({});
    const [, script = ''] = /<script>([^<]*)<\/script>/.exec(html) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(script).toContain('.submit()');
    expect(headers['content-security-policy']).toContain(`script-src 'self' 'sha256-${hash}';`);
    expect(headers['content-security-policy']).toContain("form-action 'self' https:;");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(html.match(/<script>/g)).toHaveLength(1);
  });

  it('OAuth 2.0 Form Post Response Mode §4: is neither kept nor told of by a referrer', () => {
    expect(pageWith({}).headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
  });

  it('N10, N13: whatever the state is, it stays a value', () => {
    const state = '"><script>alert(1)</script>';
    const { html } = pageWith({ state });
    expect(html).not.toContain('alert(1)</script>');
    expect(html).toContain('value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;"');
  });

  it.each(['javascript:alert(1)', 'com.example.app:/cb', 'data:text/html,x'])(
    'N13: %s is no place to post to',
    (redirectUri) => {
      expect(() => pageWith({ redirectUri })).toThrow(TypeError);
    },
  );
});
