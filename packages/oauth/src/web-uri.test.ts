import { describe, expect, it } from 'vitest';
import { isWebUri } from './web-uri.ts';

describe('isWebUri', () => {
  it('RFC 7591 §2: accepts web addresses', () => {
    expect(isWebUri('https://client.example/logo.png?v=1#top')).toBe(true);
    expect(isWebUri('HTTP://client.example')).toBe(true);
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript://client.example/%0aalert(1)',
    'DATA:image/svg+xml,x',
    'https:client.example',
    'https://',
    'https:///x',
    'https://user@client.example/',
    'https://client.example\\evil',
    'https://client.example/a b',
    'https://client.example/\u0000',
    '/logo.png',
    'https://[bad/',
  ])('N9: refuses %j', (uri) => {
    expect(isWebUri(uri)).toBe(false);
  });
});
