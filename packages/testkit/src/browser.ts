import { type Browser, chromium, type Page } from 'playwright-core';
import { childEnvironment } from './child-environment.ts';
import { findProgram } from './missing-program.ts';

/** How a page is opened. */
export interface PageOptions {
  /** Width of the window in CSS pixels; 1280 when left out. */
  readonly width?: number;
  /** Height of the window in CSS pixels; 800 when left out. */
  readonly height?: number;
  /** Language of the browser, also in `Accept-Language`; `en-US` when left out. */
  readonly locale?: string;
  /** `light` when left out. */
  readonly colorScheme?: 'light' | 'dark';
  /** True when left out. */
  readonly javaScriptEnabled?: boolean;
  /** Whether certificates of unknown authorities are accepted; false when left out. */
  readonly ignoreHttpsErrors?: boolean;
}

/** A running headless Chromium. */
export interface LaunchedBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** Opens a page with cookies of its own; it takes what is left out from the options of {@link launchBrowser}. */
  newPage(options?: PageOptions): Promise<Page>;
  /** Ends the browser. May be called twice. */
  close(): Promise<void>;
}

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the installed Chromium without a window. It ends when this process ends, however it does: it is steered over a
 * pipe and stops when that is closed.
 *
 * @throws MissingProgramError when no Chromium is installed.
 */
export async function launchBrowser(
  defaults: Pick<PageOptions, 'locale' | 'colorScheme'> = {},
): Promise<LaunchedBrowser> {
  const browser = await chromium.launch({
    executablePath: await findProgram('chromium'),
    args: ARGUMENTS,
    env: childEnvironment(),
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
  });
  const close = () => browser.close();
  return {
    browser,
    newPage: (options = {}) => openPage(browser, { ...defaults, ...options }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function openPage(browser: Browser, options: PageOptions): Promise<Page> {
  const { width = 1280, height = 800, locale = 'en-US', colorScheme = 'light' } = options;
  return browser.newPage({
    viewport: { width, height },
    locale,
    colorScheme,
    javaScriptEnabled: options.javaScriptEnabled ?? true,
    ignoreHTTPSErrors: options.ignoreHttpsErrors ?? false,
  });
}
