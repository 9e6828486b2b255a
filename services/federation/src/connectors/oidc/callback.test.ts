import { expect, test } from 'vitest';
import { readCallback } from './callback.ts';
import type { UpstreamMetadata } from './discovery.ts';
import { sampleMetadata } from './testing/sample-upstream.ts';

const read = (text: string, more: Partial<UpstreamMetadata> = {}) =>
  readCallback(text, { state: 'the-state', metadata: { ...sampleMetadata, ...more } });

test('The code comes out when the state fits', () => {
  expect(read('code=abc&state=the-state')).toBe('abc');
  expect(read('?code=abc&state=the-state')).toBe('abc');
});

test.each([
  '',
  'code=abc',
  'code=abc&state=other',
  'state=the-state',
  'code=a&code=b&state=the-state',
  'code=%zz&state=the-state',
])('N26: "%s" is not an answer to what was asked', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'federation.invalid_callback' }));
});

test('RFC 9207 §2.4: another issuer is refused, and a missing one when the upstream sends it always', () => {
  const invalid = expect.objectContaining({ code: 'federation.invalid_callback' });
  expect(() => read('code=abc&state=the-state&iss=https%3A%2F%2Fother.example')).toThrow(invalid);
  expect(() => read('error=access_denied&state=the-state&iss=https%3A%2F%2Fother.example')).toThrow(invalid);
  expect(() => read('code=abc&state=the-state', { sendsIssuer: true })).toThrow(invalid);
  expect(read('code=abc&state=the-state&iss=https%3A%2F%2Fupstream.example', { sendsIssuer: true })).toBe('abc');
});

test.each([
  ['access_denied', 'federation.upstream_refused'],
  ['login_required', 'federation.upstream_refused'],
  ['server_error', 'federation.upstream_unavailable'],
  ['temporarily_unavailable', 'federation.upstream_unavailable'],
  ['invalid_scope', 'federation.upstream_misconfigured'],
  ['canary', 'federation.invalid_callback'],
])('RFC 6749 §4.1.2.1: error %s ends as %s, and its description is not repeated', (error, code) => {
  const text = `error=${error}&error_description=canary&state=the-state`;
  expect(() => read(text)).toThrow(expect.objectContaining({ code }));
  expect(() => read(text)).not.toThrow('canary');
});
