import { expect, test } from 'vitest';
import { hintToKeep, keptFromText, keptToText } from './kept.ts';
import { sampleMetadata } from './testing/sample-upstream.ts';

const metadata = { ...sampleMetadata, endSessionEndpoint: 'https://upstream.example/bye' };

test('What is kept comes back, whichever part of it there is', () => {
  for (const kept of [
    { subject: 's', refreshToken: 'r', idToken: 'i' },
    { subject: 's', refreshToken: undefined, idToken: 'i' },
    { subject: 's', refreshToken: 'r', idToken: undefined },
  ]) {
    expect(keptFromText(keptToText(kept))).toEqual(kept);
  }
  expect(keptToText({ subject: 's', refreshToken: undefined, idToken: undefined })).toBe('');
});

test('What was kept before there were sign-outs is still read', () => {
  const kept = { subject: 's', refreshToken: 'r', idToken: undefined };
  expect(keptFromText('{"refreshToken":"r","subject":"s"}')).toEqual(kept);
});

test('Anything else is nothing', () => {
  for (const text of [
    '',
    '[]',
    '{}',
    '{"subject":7}',
    '{"subject":"s","idToken":7}',
    '{"subject":"s","refreshToken":1}',
  ]) {
    expect(keptFromText(text)).toBeUndefined();
  }
});

test('An ID token is kept where it is of use, up to 8 KiB', () => {
  expect(hintToKeep('x'.repeat(8192), metadata)).toHaveLength(8192);
  expect(hintToKeep('x'.repeat(8193), metadata)).toBeUndefined();
  expect(hintToKeep(undefined, metadata)).toBeUndefined();
  expect(hintToKeep('x', { ...metadata, endSessionEndpoint: undefined })).toBeUndefined();
});
