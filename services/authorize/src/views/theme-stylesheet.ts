import type { FrontendConfig } from '@tessera/config';
import { type Colour, contrast, hexOf, luminance, mix, parseColour, readableOn } from './colour.ts';

/** The generated stylesheet and what of the configuration could not be used. */
export interface ThemeStylesheet {
  readonly css: string;
  /** Values of `theme-color`: what the browser paints around the page. */
  readonly grounds: { readonly light: string; readonly dark: string };
  readonly problems: readonly string[];
}

interface Palette {
  readonly ground: Colour;
  readonly card: Colour;
  readonly ink: Colour;
  readonly muted: Colour;
  readonly line: Colour;
  readonly field: Colour;
  readonly accent: Colour;
  readonly danger: Colour;
  readonly dangerGround: Colour;
  readonly shadow: string;
}

const LIGHT: Palette = {
  ground: hex('#f3f2ee'),
  card: hex('#ffffff'),
  ink: hex('#1a1f1e'),
  muted: hex('#59615e'),
  line: hex('#e0dfd9'),
  field: hex('#858c88'),
  accent: hex('#0e5f5a'),
  danger: hex('#a3271c'),
  dangerGround: hex('#fcf0ed'),
  shadow: '0 1px 2px rgb(26 31 30 / 6%), 0 12px 32px -12px rgb(26 31 30 / 14%)',
};

const DARK: Palette = {
  ground: hex('#0f1312'),
  card: hex('#181d1c'),
  ink: hex('#eaeeec'),
  muted: hex('#a2aca8'),
  line: hex('#2b3230'),
  field: hex('#717b77'),
  accent: hex('#6fcabd'),
  danger: hex('#ffb3a6'),
  dangerGround: hex('#30201d'),
  shadow: '0 1px 2px rgb(0 0 0 / 40%), 0 16px 40px -16px rgb(0 0 0 / 60%)',
};

/**
 * The colours of the pages as custom properties, kept apart from the page so that its policy needs no inline style. A
 * configured accent or background is moved as little as needed for text to stay readable (WCAG 2.2 §1.4.3, §1.4.11).
 * The background belongs to the scheme that it suits, unless the theme is fixed.
 */
export function themeStylesheet(
  theme: Pick<FrontendConfig, 'theme' | 'accentColor' | 'backgroundColor'>,
): ThemeStylesheet {
  const problems: string[] = [];
  const accent = configured('accentColor', theme.accentColor, problems);
  const background = configured('backgroundColor', theme.backgroundColor, problems);
  const isLightBackground = background !== undefined && luminance(background) > DARK_LUMINANCE;
  const light = customise(LIGHT, accent, theme.theme === 'light' || isLightBackground ? background : undefined);
  const dark = customise(DARK, accent, theme.theme === 'dark' || !isLightBackground ? background : undefined);
  const css = {
    light: rule('light', light),
    dark: rule('dark', dark),
    auto: `${rule('light dark', light)}@media (prefers-color-scheme:dark){${rule('light dark', dark)}}`,
  }[theme.theme];
  return { css, grounds: { light: hexOf(light.ground), dark: hexOf(dark.ground) }, problems };
}

function customise(base: Palette, accent: Colour | undefined, ground: Colour | undefined): Palette {
  const palette = { ...base, accent: accent ?? base.accent, ground: ground ?? base.ground };
  if (ground === undefined || base !== DARK || luminance(ground) > TINTABLE_LUMINANCE) {
    return palette;
  }
  // A dark card shows the tint of its ground; a neutral one would look like a hole in it.
  const card = mix(ground, WHITE, 0.07);
  const grounds = [card];
  const dangerGround = mix(card, base.danger, 0.1);
  return {
    ...palette,
    card,
    line: mix(card, WHITE, 0.12),
    ink: readableOn(base.ink, grounds, 4.5),
    muted: readableOn(base.muted, grounds, 4.5),
    field: readableOn(base.field, grounds, 3),
    danger: readableOn(base.danger, [card, dangerGround], 4.5),
    dangerGround,
  };
}

function rule(scheme: string, palette: Palette): string {
  const accent = readableOn(palette.accent, [palette.card], 3);
  const accentInk = contrast(WHITE, accent) >= 4.5 ? WHITE : readableOn(mix(accent, BLACK, 0.85), [accent], 4.5);
  const properties: Readonly<Record<string, string>> = {
    ground: hexOf(palette.ground),
    'on-ground': hexOf(readableOn(palette.muted, [palette.ground], 4.5)),
    'on-ground-strong': hexOf(readableOn(palette.ink, [palette.ground], 4.5)),
    card: hexOf(palette.card),
    ink: hexOf(palette.ink),
    muted: hexOf(palette.muted),
    line: hexOf(palette.line),
    field: hexOf(palette.field),
    accent: hexOf(accent),
    'accent-strong': hexOf(mix(accent, accentInk === WHITE ? BLACK : WHITE, 0.18)),
    'accent-ink': hexOf(accentInk),
    'accent-text': hexOf(readableOn(palette.accent, [palette.card, mix(palette.card, accent, 0.08)], 4.5)),
    'accent-tint': hexOf(mix(palette.card, accent, 0.08)),
    'accent-on-ground': hexOf(readableOn(palette.accent, [palette.ground], 4.5)),
    danger: hexOf(palette.danger),
    'danger-ground': hexOf(palette.dangerGround),
    shadow: palette.shadow,
  };
  const body = Object.entries(properties)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
  return `:root{color-scheme:${scheme};${body}}`;
}

/** At most this luminance, white is more readable than black. */
const DARK_LUMINANCE = 0.179;

/** At most this luminance, a card made from the ground is still dark enough for light text. */
const TINTABLE_LUMINANCE = 0.05;

const WHITE = hex('#ffffff');
const BLACK = hex('#000000');

function configured(key: string, text: string | undefined, problems: string[]): Colour | undefined {
  const colour = text === undefined ? undefined : parseColour(text);
  if (text !== undefined && colour === undefined) {
    problems.push(`frontend.${key}: write it as #rrggbb, rgb(r, g, b) or hsl(h, s%, l%)`);
  }
  return colour;
}

function hex(text: string): Colour {
  const colour = parseColour(text);
  if (colour === undefined) {
    throw new TypeError(`not a colour: ${text}`);
  }
  return colour;
}
