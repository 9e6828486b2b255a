import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localUrl, safeImageUrl, safeUrl, urlText } from './safe-url.ts';

describe('safeUrl', () => {
  it.each([
    ['https://app.example.com/a?b=c#d', 'https://app.example.com/a?b=c#d'],
    ['http://localhost:8080', 'http://localhost:8080/'],
    ['/dex/auth?a=b', '/dex/auth?a=b'],
    ['?ui_locales=en', '?ui_locales=en'],
  ])('takes %s', (address, text) => {
    expect(urlText(safeUrl(address))).toBe(text);
  });

  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JAVA\tSCRIPT:alert(1)',
    'data:text/html,<script>',
    'vbscript:x',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https://user:pass@evil.example/',
    'com.example.app:/callback',
    'relative/path',
    '',
    `/${'a'.repeat(9_000)}`,
  ])('N13: refuses %j', (address) => {
    expect(safeUrl(address)).toBeUndefined();
  });

  it('N69: whatever it takes stays on this server or goes to the web', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '?',
      '#',
      ':',
      '@',
      '\t',
      '\n',
      ' ',
      'javascript',
      'http',
      'x',
      '.',
      '%',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = urlText(safeUrl(parts.join('')));
        if (text !== undefined) {
          const url = new URL(text, 'https://self.example/page');
          expect(['https:', 'http:']).toContain(url.protocol);
          expect(/^[/?#]/.test(text) ? url.host : 'self.example').toBe('self.example');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('localUrl', () => {
  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'x'])('throws for %j', (address) => {
    expect(() => localUrl(address)).toThrow(TypeError);
  });
});

describe('safeImageUrl', () => {
  it('N71: takes inline pictures in base64 and nothing else inline', () => {
    expect(safeImageUrl('data:image/png;base64,iVBORw0=')).toBeDefined();
    expect(safeImageUrl('data:image/svg+xml,<svg onload=x>')).toBeUndefined();
    expect(safeImageUrl('data:text/html;base64,AAAA')).toBeUndefined();
    expect(safeImageUrl('data:image/png;base64,AA"onerror=x')).toBeUndefined();
    expect(safeImageUrl(undefined)).toBeUndefined();
  });
});
