import { describe, expect, it } from 'vitest';
import { isAllowedOrigin } from './origin.ts';

describe('isAllowedOrigin', () => {
  const allowed = ['https://app.example', 'http://localhost:3000/'];

  it('N12: compares scheme, host and port as a whole', () => {
    expect(isAllowedOrigin('https://app.example', allowed)).toBe(true);
    expect(isAllowedOrigin('http://localhost:3000', allowed)).toBe(true);
    for (const origin of [
      'http://app.example',
      'https://app.example:8443',
      'https://evilapp.example',
      'https://app.example.evil.example',
      'https://sub.app.example',
      'http://localhost',
    ]) {
      expect(isAllowedOrigin(origin, allowed)).toBe(false);
    }
  });

  it('N12: null and texts that are no origin are refused, even by a wildcard', () => {
    for (const origin of ['null', '', '*', 'https://app.example/', 'https://app.example/path', 'data:text/html,x']) {
      expect(isAllowedOrigin(origin, ['*', ...allowed, 'null'])).toBe(false);
    }
    expect(isAllowedOrigin('https://anyone.example', ['*'])).toBe(true);
  });

  it('N12: an allowed entry with a path or user admits nobody', () => {
    expect(isAllowedOrigin('https://app.example', ['https://app.example/path', 'https://u@app.example'])).toBe(false);
  });
});
