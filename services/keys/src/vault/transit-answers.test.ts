import { TesseraError } from '@tessera/errors';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindPlaintext, unbindPlaintext } from './bound-plaintext.ts';
import { readCiphertext, readPlaintext, readSignatures, readTransitKey } from './transit-answers.ts';
import { isNothingThere, refusalText } from './vault-refusal-text.ts';

const CODES = ['keys.vault_refused', 'keys.vault_unavailable'];

/** Whatever is read, what is thrown is ours. */
function expectOurs(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(TesseraError);
    expect(CODES).toContain((error as TesseraError).code);
  }
}

const members = fc.dictionary(
  fc.constantFrom('type', 'latest_version', 'keys', 'batch_results', 'ciphertext', 'plaintext'),
  fc.jsonValue(),
);

test('answers of any form are read or refused', () => {
  fc.assert(
    fc.property(members, fc.nat({ max: 3 }), (data, count) => {
      expectOurs(() => readTransitKey(data, 'k'));
      expectOurs(() => readSignatures(data, count, 1));
      expectOurs(() => readCiphertext(data['ciphertext'], 32));
      expectOurs(() => readPlaintext(data['plaintext']));
    }),
  );
});

test('signatures come in both alphabets, and leave in that of the URL', () => {
  const bytes = Buffer.from([251, 255, 190, 1]);
  const results = [bytes.toString('base64'), bytes.toString('base64url')].map((text) => ({
    signature: `vault:v7:${text}`,
  }));
  expect(readSignatures({ batch_results: results }, 2, 7)).toEqual(['-_--AQ', '-_--AQ']);
});

test('a plaintext is had again under its own context alone', () => {
  const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, bytes, bytes, (plaintext, context, other) => {
      const bound = bindPlaintext(plaintext, context);
      expect(unbindPlaintext(bound, context)).toEqual(plaintext);
      if (!other.equals(context)) expect(() => unbindPlaintext(bound, other)).toThrow('another purpose');
      expect(() => unbindPlaintext(other, context)).toThrow('another purpose');
    }),
  );
});

test('what a server says of a refusal is short, printable and without anything long that is no sentence', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 400 })), (errors) => {
      const text = refusalText(JSON.stringify({ errors })) ?? '';
      expect(text).toMatch(/^[\x20-\x7e…]{0,200}$/);
      expect(text).not.toMatch(/\w{24}/);
    }),
  );
});

test.each<[string, string | undefined]>([
  ['{"errors":["permission denied"]}', 'permission denied'],
  ['{"errors":["one","two"]}', 'one; two'],
  ['{"errors":["hvs.CAESIJk8P1234567890abcdef is bad"]}', '… is bad'],
  ['{"errors":[]}', undefined],
  ['{"errors":[7]}', undefined],
  ['{"errors":"text"}', undefined],
  ['no JSON', undefined],
])('of %s it is %s', (body, text) => {
  expect(refusalText(body)).toBe(text);
});

test('nothing is there where an empty list of errors comes with 404', () => {
  const answers = [
    [404, '{"errors":[]}'],
    [403, '{"errors":[]}'],
    [404, '{"errors":["no handler"]}'],
    [404, '<html>'],
  ] as const;
  expect(answers.map(([status, body]) => isNothingThere(status, body))).toEqual([true, false, false, false]);
});
