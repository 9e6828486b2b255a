import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** A window on a desk. */
export const WIDE = { width: 1280, height: 800 } as const;
/** The narrowest screen that pages must fit without sideways scrolling (WCAG 2.2 §1.4.10). */
export const NARROW = { width: 320, height: 640 } as const;
/** A phone of somebody who reads Chinese, at night. */
export const NARROW_DARK_CHINESE = { ...NARROW, colorScheme: 'dark', locale: 'zh-CN' } as const;

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RUN_AXE = `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
  .then(({ violations }) => violations.map(({ id }) => id))`;

/** Axe's findings on WCAG 2.2 A and AA, by name. The pages' policy allows no foreign script, so axe is evaluated, not loaded. */
export async function accessibilityFaults(page: Page): Promise<unknown> {
  await page.evaluate(readFileSync(AXE, 'utf8'));
  return page.evaluate(RUN_AXE);
}

/** Expects a page of ours that everybody can use: no finding of axe, no sideways scrolling, in the language of the browser. */
export async function expectGoodPage(page: Page, language: 'en' | 'zh-CN'): Promise<void> {
  const found = {
    url: page.url(),
    faults: await accessibilityFaults(page),
    scrollsSideways: await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth'),
    language: await page.getAttribute('html', 'lang'),
  };
  expect(found).toEqual({ url: page.url(), faults: [], scrollsSideways: false, language });
}
