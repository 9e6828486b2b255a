import { readFileSync } from 'node:fs';
import type { FrontendConfig } from '@tessera/config';
import { overrideWords } from '../locales/override-words.ts';
import { approvalPage } from './approval-page.ts';
import { type Asset, createAssets } from './assets.ts';
import { connectorsPage } from './connectors-page.ts';
import { deviceCodePage } from './device-code-page.ts';
import { deviceConfirmPage } from './device-confirm-page.ts';
import { deviceEndPage } from './device-end-page.ts';
import { displayName } from './display-name.ts';
import { errorPage } from './error-page.ts';
import { expiredPage } from './expired-page.ts';
import { formPostPage } from './form-post-page.ts';
import { loginPage } from './login-page.ts';
import { logoutFramesPage } from './logout-frames-page.ts';
import { logoutQuestionPage } from './logout-question-page.ts';
import type {
  ApprovalModel,
  ConnectorsModel,
  DeviceCodeModel,
  DeviceConfirmModel,
  DeviceEndModel,
  ErrorModel,
  ExpiredModel,
  FormPostModel,
  LoginModel,
  LogoutFramesModel,
  LogoutQuestionModel,
  SignedOutModel,
  StillSignedInModel,
} from './models.ts';
import { openOverrideFolder } from './override-folder.ts';
import type { Page, Site } from './page.ts';
import { safeUrl } from './safe-url.ts';
import { createSay } from './say.ts';
import { signedOutPage } from './signed-out-page.ts';
import { stillSignedInPage } from './still-signed-in-page.ts';

/** The pages of the sign-in service. Each is a pure function of its model. */
export interface Views {
  connectors(model: ConnectorsModel): Page;
  login(model: LoginModel): Page;
  approval(model: ApprovalModel): Page;
  error(model: ErrorModel): Page;
  logoutQuestion(model: LogoutQuestionModel): Page;
  logoutFrames(model: LogoutFramesModel): Page;
  stillSignedIn(model: StillSignedInModel): Page;
  signedOut(model: SignedOutModel): Page;
  expired(model: ExpiredModel): Page;
  formPost(model: FormPostModel): Page;
  deviceCode(model: DeviceCodeModel): Page;
  deviceConfirm(model: DeviceConfirmModel): Page;
  deviceEnd(model: DeviceEndModel): Page;
  /** The files that the pages need, by path below the issuer (`/static/…`). */
  readonly assets: ReadonlyMap<string, Asset>;
  /** What of the theme could not be used, one sentence each, fit for a log line at start. */
  readonly problems: readonly string[];
}

/** Body of `robots.txt` (RFC 9309): nothing here is for search engines. */
export const ROBOTS_TXT = 'User-agent: *\nDisallow: /\n';

/**
 * Prepares the pages of one issuer. Reads our stylesheet and script and the override folder once. Throws `TypeError` for an
 * issuer that is no address, and `Error` for an override file that is unreadable or larger than 1 MiB.
 *
 * `frontend.extra` may name `helpUrl`, `privacyUrl` and `termsUrl`, which become links at the foot of each page.
 */
export function createViews(options: { readonly frontend: FrontendConfig; readonly issuerUrl: string }): Views {
  const { frontend } = options;
  const issuer = new URL(options.issuerUrl);
  const overrides = openOverrideFolder(frontend.dir);
  const words = overrideWords((locale) => decode(overrides.read(`locales/${locale}.json`)));
  const assets = createAssets(frontend, issuer.pathname.replace(/\/+$/, ''), readOwnFiles(), overrides);
  const says = {
    en: createSay('en', words.catalogue.en),
    'zh-CN': createSay('zh-CN', words.catalogue['zh-CN']),
  };
  const site: Site = {
    issuerName: displayName(frontend.issuer) || 'Tessera',
    issuerHost: issuer.host,
    theme: frontend.theme,
    assets,
    links: siteLinks(frontend.extra),
    say: (locale) => says[locale],
  };
  return {
    connectors: (model) => connectorsPage(site, model),
    login: (model) => loginPage(site, model),
    approval: (model) => approvalPage(site, model),
    error: (model) => errorPage(site, model),
    logoutQuestion: (model) => logoutQuestionPage(site, model),
    logoutFrames: (model) => logoutFramesPage(site, model),
    stillSignedIn: (model) => stillSignedInPage(site, model),
    signedOut: (model) => signedOutPage(site, model),
    expired: (model) => expiredPage(site, model),
    formPost: (model) => formPostPage(site, model),
    deviceCode: (model) => deviceCodePage(site, model),
    deviceConfirm: (model) => deviceConfirmPage(site, model),
    deviceEnd: (model) => deviceEndPage(site, model),
    assets: assets.files,
    problems: [...assets.problems, ...words.problems],
  };
}

function readOwnFiles(): { readonly css: Uint8Array; readonly js: Uint8Array } {
  return {
    css: readFileSync(new URL('./assets/tessera.css', import.meta.url)),
    js: readFileSync(new URL('./assets/tessera.js', import.meta.url)),
  };
}

function siteLinks(extra: Readonly<Record<string, string>>): Site['links'] {
  return (['help', 'privacy', 'terms'] as const).flatMap((key) => {
    const href = safeUrl(extra[`${key}Url`]);
    return href === undefined ? [] : [{ key, href }];
  });
}

function decode(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
