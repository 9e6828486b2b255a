import type { FrontendConfig } from '@tessera/config';
import type { Locale } from '../locales/catalogue.ts';
import { createViews, type Views } from './create-views.ts';
import { languageLinks } from './language-links.ts';
import type { ApplicationModel } from './models.ts';
import type { Page } from './page.ts';

/** What a test may change in the pages below. */
export interface FixtureTexts {
  readonly locale?: Locale;
  readonly application?: ApplicationModel & { readonly redirectUri: string };
  /** Stands wherever somebody else chooses the words. */
  readonly text?: string;
}

/** Views with the default theme, for tests. */
export function createTestViews(frontend: Partial<FrontendConfig> = {}): Views {
  return createViews({
    frontend: { issuer: 'Tessera', theme: 'auto', extra: {}, ...frontend },
    issuerUrl: 'https://id.example.com/dex',
  });
}

/** Every page with everything on it, for tests that hold for all of them. */
export function everyPage(views: Views, texts: FixtureTexts = {}): Readonly<Record<string, Page>> {
  const text = texts.text ?? 'Jane Doe';
  const common = {
    locale: texts.locale ?? 'en',
    application: texts.application ?? { name: 'Example App', redirectUri: 'https://app.example.com/callback' },
    languageLinks: languageLinks('/dex/auth?client_id=app&state=xyz') ?? [],
  } as const;
  const login = {
    ...common,
    action: '/dex/auth/local/login?state=1',
    backHref: '/dex/auth',
    cancelAction: '/dex/cancel',
  };
  const method = { id: 'ldap', name: text, type: 'ldap', href: '/dex/auth/ldap?state=1' };
  return {
    connectors: views.connectors({
      ...common,
      methods: [method, { ...method, id: 'local', type: 'local' }, { ...method, id: 'mock', type: 'mockCallback' }],
      cancelAction: '/dex/cancel',
    }),
    'no connectors': views.connectors({ ...common, methods: [] }),
    login: views.login({ ...login, usernamePrompt: text, methodName: text }),
    'failed login': views.login({
      ...login,
      usernamePrompt: text,
      login: text,
      failure: { reason: 'wrong-credentials' },
    }),
    approval: views.approval({
      ...common,
      action: '/dex/approval',
      req: text,
      hmac: text,
      scopes: ['openid', 'profile', 'email', 'groups', 'offline_access', 'audience:server:client_id:cli', text],
      audienceNames: new Map([['cli', text]]),
      person: { name: text, email: `${text}@example.com` },
    }),
    error: views.error({
      ...common,
      problem: 'bad-request',
      detail: text,
      reference: text,
      startAgainHref: '/dex/auth',
      returnHref: 'https://app.example.com/',
    }),
    'signed out': views.signedOut({ ...common, returnHref: 'https://app.example.com/' }),
    expired: views.expired({ ...common, reason: 'expired', startAgainHref: '/dex/auth' }),
    'already used': views.expired({ ...common, reason: 'already-used' }),
  };
}
