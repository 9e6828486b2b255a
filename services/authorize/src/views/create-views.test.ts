import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { LOCALES } from '../locales/catalogue.ts';
import { ROBOTS_TXT } from './create-views.ts';
import { createTestViews, everyPage } from './views-fixture.ts';

const views = createTestViews();
const folder = mkdtempSync(join(tmpdir(), 'tessera-views-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The tags of a page, without what their quoted attributes hold. */
function skeleton(page: string): string {
  return page.replace(/"[^"]*"/g, '""').replace(/>[^<]*</g, '><');
}

describe('every page', () => {
  const pages = LOCALES.flatMap((locale) =>
    Object.entries(everyPage(views, { locale })).map(([name, page]) => ({ name, locale, page })),
  );

  it.each(pages)('$name in $locale has one h1, landmarks, its language and no double id', ({ locale, page }) => {
    expect(page.html.match(/<h1[ >]/g)).toHaveLength(1);
    for (const landmark of ['header', 'main', 'footer']) {
      expect(page.html.match(new RegExp(`<${landmark}[ >]`, 'g'))).toHaveLength(1);
    }
    expect(page.html).toContain(`<html lang="${locale}" dir="ltr">`);
    const ids = [...page.html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining(['issuer-name', 'issuer-host', 'application-name', 'application-host', 'languages']),
    );
  });

  it.each(pages)('$name in $locale is under 30 KB and holds no unfilled words', ({ page }) => {
    expect(Buffer.byteLength(page.html)).toBeLessThan(30_000);
    expect(page.html).not.toMatch(/\{[a-zA-Z]+\}|undefined|\[object/);
  });

  it.each(pages)('N69, N70: $name in $locale has strict headers and nothing inline', ({ page, locale }) => {
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-language': locale,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(page.headers['content-security-policy']).toContain(
      "default-src 'none'; style-src 'self'; script-src 'self';",
    );
    expect(page.html).not.toMatch(/<style|<script>| style=| on[a-z]+="/);
  });

  it('names only files that it serves', () => {
    for (const { page } of pages) {
      const used = [...page.html.matchAll(/(?:href|src)="\/dex(\/static\/[^"]+)"/g)].map((match) => match[1] ?? '');
      expect(used.length).toBeGreaterThanOrEqual(4);
      expect(used.filter((path) => !views.assets.has(path))).toEqual([]);
    }
  });

  it('N69, N71: keeps its tags whatever names, prompts and errors are called', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom(
        '"><img src=x onerror=alert(1)>',
        "' onfocus=alert(1) x='",
        '</title><script>',
        '<!--',
        '{application}',
        '&lt;',
        '$&',
      ),
    );
    const expected = Object.values(
      everyPage(views, { text: 'a', application: { name: 'a', redirectUri: 'https://a/' } }),
    );
    fc.assert(
      fc.property(hostile, (part) => {
        const text = `a${part}`;
        const application = { name: text, logoUrl: text, redirectUri: 'https://a/' };
        const pages = Object.values(everyPage(views, { text, application }));
        for (const [index, page] of pages.entries()) {
          // Two names of one person that are the same are shown once, so that element may come and go with the text.
          const without = (markup: string) => markup.replace(/<p class="person-email".*?<\/p>/, '');
          expect(skeleton(without(page.html))).toBe(skeleton(without(expected[index]?.html ?? '')));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('N71: leaves out a logo with an address that is no picture, and shows the letter', () => {
    const application = { name: 'Example', logoUrl: 'javascript:alert(1)', redirectUri: 'https://a/' };
    const { login } = everyPage(views, { application });
    expect(login?.html).not.toContain('javascript');
    expect(login?.html).toContain('<span class="initial" aria-hidden="true">E</span>');
  });
});

describe('forms', () => {
  it('RFC 8252 §7: the policy lets the form end up at the application', () => {
    const pages = everyPage(views, { application: { name: 'CLI', redirectUri: 'com.example.cli:/done' } });
    for (const name of ['login', 'failed login', 'approval', 'connectors']) {
      expect(pages[name]?.headers['content-security-policy']).toContain("form-action 'self' com.example.cli:;");
    }
    expect(pages['error']?.headers['content-security-policy']).toContain("form-action 'self';");
  });
});

describe('assets', () => {
  it('carry the hash of their content and are kept for ever', () => {
    const names = [...views.assets.keys()].map((path) => path.replace(/-[0-9a-f]{12}\./, '.')).toSorted();
    expect(names).toEqual(['/static/icon.svg', '/static/tessera.css', '/static/tessera.js', '/static/theme.css']);
    for (const asset of views.assets.values()) {
      expect(asset.cacheControl).toBe('public, max-age=31536000, immutable');
      expect(asset.etag).toMatch(/^"[0-9a-f]{32}"$/);
      expect(asset.headers).toMatchObject({ 'content-type': asset.contentType, 'x-content-type-options': 'nosniff' });
    }
  });

  it('are replaced one by one by the files of the override folder', () => {
    mkdirSync(join(folder, 'static'));
    mkdirSync(join(folder, 'locales'));
    writeFileSync(join(folder, 'static/tessera.css'), 'body{}');
    writeFileSync(join(folder, 'static/logo.png'), 'picture');
    writeFileSync(join(folder, 'locales/en.json'), '{"login.submit":"Go","login.wrong":"x","error.return":"{host}"}');
    const custom = createTestViews({ dir: folder });
    const bodies = [...custom.assets].map(([path, asset]) => [path.replace(/-[0-9a-f]{12}/, ''), String(asset.body)]);
    expect(Object.fromEntries(bodies)).toMatchObject({
      '/static/tessera.css': 'body{}',
      '/static/logo.png': 'picture',
    });
    const own = [...views.assets.keys()].find((path) => path.endsWith('.js'));
    expect([...custom.assets.keys()]).toContain(own);
    const { login } = everyPage(custom);
    expect(login?.html).toMatch(/id="submit-login" type="submit">Go</);
    expect(login?.html).toMatch(/<img class="issuer-logo" src="\/dex\/static\/logo-[0-9a-f]{12}\.png"/);
    expect(custom.problems).toHaveLength(2);
  });

  it('take a logo from the configuration, relative to the issuer as in Dex', () => {
    const { login } = everyPage(createTestViews({ logoUrl: 'theme/logo.png' }));
    expect(login?.html).toContain('<img class="issuer-logo" src="/dex/theme/logo.png"');
    const remote = everyPage(createTestViews({ logoUrl: 'http://files.internal/logo.png' }));
    expect(remote['login']?.headers['content-security-policy']).toContain('https: http://files.internal;');
    expect(createTestViews({ logoUrl: 'javascript:x' }).problems).toHaveLength(1);
  });
});

it('RFC 9309 §2.2.2: robots.txt keeps every path out of search engines', () => {
  expect(ROBOTS_TXT).toBe('User-agent: *\nDisallow: /\n');
});
