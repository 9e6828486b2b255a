import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';

describe('parseGoDuration', () => {
  test.each([
    ['24h', 86_400],
    ['1h30m', 5400],
    ['10m', 600],
    ['300ms', 0.3],
    ['1.5h', 5400],
    ['.5s', 0.5],
    ['1.s', 1],
    ['0', 0],
    ['0s', 0],
    ['-1m', -60],
    ['+5s', 5],
    ['5us', 5e-6],
    ['5µs', 5e-6],
    ['5μs', 5e-6],
    ['7ns', 7e-9],
    ['1h2m3s4ms', 3723.004],
    ['0.1s0.2s', 0.3],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(parseGoDuration(text)).toEqual({ ok: true, seconds });
  });

  test.each([
    '',
    '-',
    '5',
    'h',
    '1h ',
    ' 1h',
    '1 h',
    '1x',
    '1h30',
    '1..5h',
    '.h',
    '1,5h',
    '3000000h',
    `${'1'.repeat(70)}s`,
  ])('refuses %j', (text) => {
    expect(parseGoDuration(text).ok).toBe(false);
  });

  test.each([
    ['1d', '24h'],
    ['2w', '336h'],
    ['1day', '24h'],
    ['1.5d', '36h'],
  ])('says for %s that it is written %s', (text, hint) => {
    const result = parseGoDuration(text);
    expect(result.ok ? '' : result.message).toContain(`write ${hint}`);
  });

  test('says that a bare number needs a unit', () => {
    const result = parseGoDuration('30');
    expect(result.ok ? '' : result.message).toContain('no unit');
  });

  test('never throws and never gives a number that is not finite, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = parseGoDuration(text);
        expect(result.ok ? Number.isFinite(result.seconds) : result.message.length > 0).toBe(true);
      }),
    );
  });
});

describe('formatGoDuration', () => {
  test.each([
    [0, '0s'],
    [86_400, '24h'],
    [5400, '1h30m'],
    [0.3, '300ms'],
    [-60, '-1m'],
    [61.5, '1m1s500ms'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatGoDuration(seconds)).toBe(text);
  });

  test('what it writes is read back as the same duration, to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e11, max: 1e11 }), (milliseconds) => {
        const result = parseGoDuration(formatGoDuration(milliseconds / 1000));
        expect(result.ok && Math.round(result.seconds * 1000)).toBe(milliseconds);
      }),
    );
  });
});
