import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLocale, type LocaleWishes } from './choose-locale.ts';

describe('chooseLocale', () => {
  it.each<[LocaleWishes, string]>([
    [{}, 'en'],
    [{ uiLocales: 'zh' }, 'zh-CN'],
    [{ uiLocales: 'zh-CN' }, 'zh-CN'],
    [{ uiLocales: 'ZH-hans-SG' }, 'zh-CN'],
    [{ uiLocales: 'zh_CN' }, 'zh-CN'],
    [{ uiLocales: 'zh-TW' }, 'zh-CN'],
    [{ uiLocales: 'zh-Hant-HK' }, 'zh-CN'],
    [{ uiLocales: 'cmn-Hans' }, 'zh-CN'],
    [{ uiLocales: 'fr-CA fr zh en' }, 'zh-CN'],
    [{ uiLocales: 'fr', acceptLanguage: 'zh' }, 'zh-CN'],
    [{ uiLocales: 'en', cookie: 'zh-CN', acceptLanguage: 'zh' }, 'en'],
    [{ cookie: 'zh-CN', acceptLanguage: 'en' }, 'zh-CN'],
    [{ cookie: 'nonsense!', acceptLanguage: 'zh' }, 'zh-CN'],
    [{ acceptLanguage: 'zh-CN,zh;q=0.9,en;q=0.8' }, 'zh-CN'],
    [{ acceptLanguage: 'en;q=0.5, zh;q=0.9' }, 'zh-CN'],
    [{ acceptLanguage: 'fr-FR,fr;q=0.9,en;q=0.8,zh;q=0.7' }, 'en'],
    [{ acceptLanguage: 'zh;q=0, en;q=0.1' }, 'en'],
    [{ acceptLanguage: 'zh;q=x, en;q=0.1' }, 'en'],
    [{ acceptLanguage: '*' }, 'en'],
    [{ acceptLanguage: 'zhx-CN' }, 'en'],
    [{ acceptLanguage: '' }, 'en'],
  ])('OIDC Core §3.1.2.1, RFC 9110 §12.5.4: %o gives %s', (wishes, locale) => {
    expect(chooseLocale(wishes)).toBe(locale);
  });

  it('reads a bounded part of its input', () => {
    expect(chooseLocale({ uiLocales: `${'fr '.repeat(5_000)}zh` })).toBe('en');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (uiLocales, cookie, acceptLanguage) => {
        expect(['en', 'zh-CN']).toContain(chooseLocale({ uiLocales, cookie, acceptLanguage }));
      }),
    );
  });
});
