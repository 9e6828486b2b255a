import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { refusalIn } from './record-refused.ts';

const { createErrorFromCode, errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error;
  errorCodes: readonly { readonly code: number }[];
};

test('Of all that a broker can say, three are about the record; too few replicas in sync, say, is worth trying again', () => {
  const codes = [...errorCodes.map(({ code }) => code), ...Array.from({ length: 60 }, (_, at) => 75 + at)];
  const refused = codes.filter((code) => refusalIn(createErrorFromCode(code)) !== undefined);
  expect(codes).toEqual(expect.arrayContaining([3, 7, 19, 20, 29]));
  expect([...new Set(refused)]).toEqual([10, 18, 87]);
});

test('A refusal is found behind the errors that the client wraps it in', () => {
  const refusal = refusalIn(new Error('retries exceeded', { cause: createErrorFromCode(10) }));
  expect(refusal?.message).toBe('larger than the topic allows');
});
