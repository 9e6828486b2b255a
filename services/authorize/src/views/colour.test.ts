import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, hexOf, parseColour, readableOn } from './colour.ts';
import { themeStylesheet } from './theme-stylesheet.ts';

const colour = fc.record({
  red: fc.integer({ min: 0, max: 255 }),
  green: fc.integer({ min: 0, max: 255 }),
  blue: fc.integer({ min: 0, max: 255 }),
});

/** The custom properties of each `:root` rule of a stylesheet. */
function palettes(css: string): readonly ReadonlyMap<string, string>[] {
  return [...css.matchAll(/:root\{([^}]*)\}/g)].map(
    (rule) =>
      new Map(
        [...(rule[1] ?? '').matchAll(/--([a-z-]+):(#[0-9a-f]{6})/g)].map((item) => [item[1] ?? '', item[2] ?? '']),
      ),
  );
}

describe('parseColour', () => {
  it.each([
    ['#0af', '#00aaff'],
    ['#0E5F5A', '#0e5f5a'],
    ['rgb(1, 2, 3)', '#010203'],
    ['rgb(1 2 3)', '#010203'],
    ['hsl(120, 100%, 25%)', '#008000'],
  ])('CSS Color 4: reads %s', (text, expected) => {
    const parsed = parseColour(text);
    expect(parsed && hexOf(parsed)).toBe(expected);
  });

  it.each(['red;}', '#12', 'url(x)', 'rebeccapurple', '', '#0af}body{display:none'])(
    'N69: does not read %j',
    (text) => {
      expect(parseColour(text)).toBeUndefined();
    },
  );
});

describe('readableOn', () => {
  it('WCAG 2.2 §1.4.3: always reaches 4.5 on a single ground', () => {
    fc.assert(
      fc.property(colour, colour, (text, ground) => {
        expect(contrast(readableOn(text, [ground], 4.5), ground)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });
});

describe('themeStylesheet', () => {
  it('WCAG 2.2 §1.4.3, §1.4.11: text and controls are readable whatever colours are configured', () => {
    const theme = fc.constantFrom('auto' as const, 'light' as const, 'dark' as const);
    fc.assert(
      fc.property(theme, colour, colour, (scheme, accent, background) => {
        const { css, problems } = themeStylesheet({
          theme: scheme,
          accentColor: hexOf(accent),
          backgroundColor: hexOf(background),
        });
        expect(problems).toEqual([]);
        const found = palettes(css);
        expect(found).toHaveLength(scheme === 'auto' ? 2 : 1);
        for (const palette of found) {
          const ratio = (a: string, b: string): number => {
            const [one, two] = [parseColour(palette.get(a) ?? ''), parseColour(palette.get(b) ?? '')];
            return one === undefined || two === undefined ? 0 : contrast(one, two);
          };
          const text = [
            ['ink', 'card'],
            ['muted', 'card'],
            ['accent-ink', 'accent'],
            ['accent-ink', 'accent-strong'],
            ['accent-text', 'card'],
            ['accent-text', 'accent-tint'],
            ['danger', 'danger-ground'],
            ['ink', 'danger-ground'],
            ['on-ground', 'ground'],
            ['on-ground-strong', 'ground'],
            ['accent-on-ground', 'ground'],
          ] as const;
          for (const [a, b] of text) {
            expect(ratio(a, b), `${a} on ${b}`).toBeGreaterThanOrEqual(4.5);
          }
          for (const [a, b] of [
            ['accent', 'card'],
            ['field', 'card'],
            ['danger', 'card'],
          ] as const) {
            expect(ratio(a, b), `${a} on ${b}`).toBeGreaterThanOrEqual(3);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('N69: reports a colour it cannot read and never writes it out', () => {
    const { css, problems } = themeStylesheet({ theme: 'auto', accentColor: 'red}body{display:none' });
    expect(problems).toEqual(['frontend.accentColor: write it as #rrggbb, rgb(r, g, b) or hsl(h, s%, l%)']);
    expect(css).toBe(themeStylesheet({ theme: 'auto' }).css);
  });
});
