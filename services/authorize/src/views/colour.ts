/** A colour in sRGB, each part from 0 to 255. */
export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

const WHITE: Colour = { red: 255, green: 255, blue: 255 };
const BLACK: Colour = { red: 0, green: 0, blue: 0 };

/** Reads `#rgb`, `#rrggbb`, `rgb(r, g, b)` and `hsl(h, s%, l%)` (CSS Color 4 §5, §7). Undefined for anything else. */
export function parseColour(text: string): Colour | undefined {
  const value = text.slice(0, 64).trim().toLowerCase();
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/.exec(value)?.[1];
  if (hex !== undefined) {
    const full = hex.length === 3 ? hex.replace(/./g, '$&$&') : hex;
    const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16));
    return { red, green, blue };
  }
  const rgb = /^rgb\((\d{1,3})(?:\s*,\s*|\s+)(\d{1,3})(?:\s*,\s*|\s+)(\d{1,3})\)$/.exec(value);
  if (rgb !== null) {
    const [red = 0, green = 0, blue = 0] = rgb.slice(1).map((part) => Math.min(255, Number(part)));
    return { red, green, blue };
  }
  const hsl = /^hsl\((\d{1,3})(?:deg)?(?:\s*,\s*|\s+)(\d{1,3})%(?:\s*,\s*|\s+)(\d{1,3})%\)$/.exec(value);
  return hsl === null ? undefined : fromHsl(Number(hsl[1]), Number(hsl[2]) / 100, Number(hsl[3]) / 100);
}

/** The colour as `#rrggbb`. */
export function hexOf(colour: Colour): string {
  return `#${[colour.red, colour.green, colour.blue].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** Between two colours, in whole parts: `share` 0 is `from`, 1 is `to`. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const between = (a: number, b: number): number => Math.round(a + (b - a) * share);
  return { red: between(from.red, to.red), green: between(from.green, to.green), blue: between(from.blue, to.blue) };
}

/** The relative luminance, 0 to 1 (WCAG 2.2). */
export function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = [colour.red, colour.green, colour.blue].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast ratio, 1 to 21 (WCAG 2.2 §1.4.3). */
export function contrast(a: Colour, b: Colour): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The nearest to `colour` that has at least `minimum` contrast (at most 4.5 is always possible) on all of `grounds`. */
export function readableOn(colour: Colour, grounds: readonly Colour[], minimum: number): Colour {
  const isReadable = (candidate: Colour): boolean => grounds.every((ground) => contrast(candidate, ground) >= minimum);
  const worst = (end: Colour): number => Math.min(...grounds.map((ground) => contrast(end, ground)));
  const end = worst(WHITE) > worst(BLACK) ? WHITE : BLACK;
  for (let share = 0; share < 1; share += 0.02) {
    const candidate = mix(colour, end, share);
    if (isReadable(candidate)) {
      return candidate;
    }
  }
  return end;
}

/** CSS Color 4 §7.1. */
function fromHsl(hue: number, saturation: number, lightness: number): Colour {
  const s = Math.min(1, saturation);
  const l = Math.min(1, lightness);
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return 255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return { red: part(0), green: part(8), blue: part(4) };
}
