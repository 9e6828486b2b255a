import { expect, it } from 'vitest';
import { prefersJson } from './prefers-json.ts';

it.each([
  ['application/json', true],
  ['application/json, text/plain, */*', true],
  ['text/html;q=0.5, application/json', true],
  ['Application/JSON; q=0.4', true],
  ['text/html, application/json', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['application/json;q=0', false],
  ['application/json;q=2', false],
  ['application/jsonp', false],
  ['*/*', false],
  ['', false],
  [undefined, false],
])('RFC 9110 §12.5.1: Accept: %s', (accept, isJson) => {
  expect(prefersJson(accept)).toBe(isJson);
});
