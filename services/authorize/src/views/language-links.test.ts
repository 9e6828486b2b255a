import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { languageLinks } from './language-links.ts';
import { localUrl } from './safe-url.ts';

describe('languageLinks', () => {
  it('OIDC Core §3.1.2.1: adds or replaces ui_locales and keeps the rest', () => {
    expect(languageLinks('/dex/auth?state=a%26b&ui_locales=fr+de')).toEqual([
      { locale: 'en', href: '/dex/auth?state=a%26b&ui_locales=en' },
      { locale: 'zh-CN', href: '/dex/auth?state=a%26b&ui_locales=zh-CN' },
    ]);
    expect(languageLinks('/logout')?.[0]?.href).toBe('/logout?ui_locales=en');
  });

  it('leaves the switch out for a page that a link cannot repeat', () => {
    expect(languageLinks(`/auth?state=${'a'.repeat(7_000)}`)).toBeUndefined();
    expect(languageLinks(`/auth?state=${"'".repeat(5_000)}`)).toBeUndefined();
  });

  it('N69: every link stays on this server', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const path of [text, `/${text}`, `//${text}`, `/\\${text}`, `/a/..//${text}`]) {
          for (const link of languageLinks(path) ?? []) {
            expect(() => localUrl(link.href)).not.toThrow();
          }
        }
      }),
    );
  });
});
