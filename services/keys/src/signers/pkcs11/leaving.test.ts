import { fileURLToPath } from 'node:url';
import type { SigningAlgorithm } from '@tessera/oauth';
import { runProgram } from '@tessera/testkit';
import { expect, it } from 'vitest';
import { createTokenBench, type TokenBench } from './testing/token-bench.ts';

const READER = fileURLToPath(new URL('./testing/read-private-key.ts', import.meta.url));

/** What a program that knows the PIN gets out of the token. */
async function readOut({ token }: TokenBench, id: string): Promise<Readonly<Record<string, string>>> {
  const args = [READER, token.library, token.tokenLabel, id];
  return JSON.parse(await runProgram({ command: process.execPath, args, input: token.pin, env: token.environment }));
}

it.each<[SigningAlgorithm, readonly string[]]>([
  ['RS256', ['PRIVATE_EXPONENT', 'PRIME_1', 'PRIME_2', 'EXPONENT_1', 'EXPONENT_2', 'COEFFICIENT']],
  ['ES256', ['VALUE']],
  ['EdDSA', ['VALUE']],
])('the private half of a key for %s does not leave the token, whoever knows the PIN', async (alg, secrets) => {
  await using bench = await createTokenBench();
  const { privateHalf } = await (await bench.open()).create(alg, []);
  const found = await readOut(bench, privateHalf.id);
  expect(found).toMatchObject({
    LABEL: Buffer.from('tessera').toString('hex'),
    SIGN: '01',
    TOKEN: '01',
    PRIVATE: '01',
  });
  expect(found).toMatchObject({ SENSITIVE: '01', ALWAYS_SENSITIVE: '01', EXTRACTABLE: '00', NEVER_EXTRACTABLE: '01' });
  for (const name of secrets) expect(found[name]).toBe('CKR_ATTRIBUTE_SENSITIVE');
  expect(found['made extractable']).not.toBe('done');
  expect(found['wrapped']).toMatch(/^CKR_/);
});
