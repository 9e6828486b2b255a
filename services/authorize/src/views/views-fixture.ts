import type { FrontendConfig } from '@tessera/config';
import { createResourceModel, NO_RESOURCES } from '@tessera/oauth';
import { consentScopes } from '../consent/consent-scopes.ts';
import type { Locale } from '../locales/catalogue.ts';
import { createViews, type Views } from './create-views.ts';
import { languageLinks } from './language-links.ts';
import type { ApplicationModel, PageModel } from './models.ts';
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
    application: texts.application ?? {
      name: 'Example App',
      redirectUri: 'https://app.example.com/callback',
      clientUri: 'https://app.example.com/about',
      policyUri: 'https://app.example.com/privacy',
      tosUri: 'https://app.example.com/terms',
    },
    languageLinks: languageLinks('/dex/auth?client_id=app&state=xyz') ?? [],
  } as const;
  const login = {
    ...common,
    action: '/dex/auth/local/login?state=1',
    backHref: '/dex/auth',
    cancelAction: '/dex/cancel',
    staySignedIn: true,
  };
  const method = { id: 'ldap', name: text, type: 'ldap', href: '/dex/auth/ldap?state=1' };
  return {
    connectors: views.connectors({
      ...common,
      methods: [method, { ...method, id: 'local', type: 'local' }, { ...method, id: 'mock', type: 'mockCallback' }],
      cancelAction: '/dex/cancel',
      staySignedIn: { isOn: true, otherHref: '/dex/auth?remember_me=no' },
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
      scopes: consentScopes(
        ['openid', 'profile', 'email', 'groups', 'offline_access', 'audience:server:client_id:cli', text],
        createResourceModel(NO_RESOURCES),
      ),
      claims: ['given_name'],
      canRemember: true,
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
    'logout question': views.logoutQuestion({
      ...common,
      action: '/dex/logout',
      fields: [
        ['hmac', text],
        ['state', text],
      ],
      person: { name: text, email: `${text}@example.com` },
      leadsTo: ['https://upstream.example.com/'],
    }),
    'still signed in': views.stillSignedIn({ ...common, returnHref: 'https://app.example.com/' }),
    'signed out': views.signedOut({ ...common, returnHref: 'https://app.example.com/' }),
    expired: views.expired({ ...common, reason: 'expired', startAgainHref: '/dex/auth' }),
    ...devicePages(views, common, text),
    'already used': views.expired({ ...common, reason: 'already-used' }),
  };
}

/** The pages of devices; the application of theirs has no redirect URI. */
function devicePages(
  views: Views,
  { application, ...common }: PageModel & { readonly application: ApplicationModel },
  text: string,
): Readonly<Record<string, Page>> {
  const onDevice = { ...application, redirectUri: '', isOnDevice: true };
  const code = { ...common, application: onDevice, action: '/dex/device/auth/verify_code', hmac: text, userCode: text };
  const end = { ...common, application: onDevice, startAgainHref: '/dex/device' };
  return {
    'device code': views.deviceCode(code),
    'unknown device code': views.deviceCode({ ...code, failure: { reason: 'unknown' } }),
    'too many device codes': views.deviceCode({ ...code, failure: { reason: 'throttled', retryAfterSeconds: 60 } }),
    'device confirm': views.deviceConfirm({
      ...common,
      application: onDevice,
      userCode: 'BCDF-GHJK',
      begunSecondsAgo: 125,
      scopes: consentScopes(['openid', 'offline_access', text], createResourceModel(NO_RESOURCES)),
      continueHref: '/dex/device?x',
      refuseAction: '/dex/device/auth/verify_code?x',
    }),
    'device approval': views.approval({
      ...common,
      application: onDevice,
      action: '/dex/approval',
      req: text,
      hmac: text,
      scopes: [],
      person: { name: text },
    }),
    'device login': views.login({
      ...common,
      application: onDevice,
      action: '/dex/auth/local/login?state=1',
      usernamePrompt: text,
      cancelAction: '/dex/cancel',
    }),
    'device approved': views.deviceEnd({ ...end, outcome: 'approved' }),
    'device refused': views.deviceEnd({ ...end, outcome: 'refused' }),
    'device gone': views.deviceEnd({ ...end, outcome: 'gone' }),
  };
}
