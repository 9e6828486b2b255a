import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { idempotentMethods } from './idempotent-methods.ts';

const folder = new URL('../../../../proto/tessera/storage/v1/', import.meta.url);

/** Methods of each service that the contract marks, as this code spells them. */
function markedMethods(): Record<string, string[]> {
  const marked: Record<string, string[]> = {};
  for (const file of readdirSync(folder)) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    for (const [, service = '', body = ''] of text.matchAll(/^service (\w+) \{$(.*?)^\}$/gms)) {
      const methods = body.matchAll(/rpc (\w)(\w+)\([^{;]*(?:\{\s*option idempotency_level = (\w+);)?/g);
      const names = [...methods].flatMap(([, first = '', rest = '', level]) =>
        level === undefined ? [] : [first.toLowerCase() + rest],
      );
      marked[service] = names;
    }
  }
  return marked;
}

test('exactly the methods that the contract marks as idempotent are tried again', () => {
  expect(idempotentMethods).toEqual(markedMethods());
});
