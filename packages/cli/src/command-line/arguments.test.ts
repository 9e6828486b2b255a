import { expect, test } from 'vitest';
import { parseArguments } from './arguments.ts';

const options = {
  kid: { type: 'string', multiple: true, default: [] as string[] },
  yes: { type: 'boolean', default: false },
} as const;

test('A value may begin with a dash, as one key id in 64 does', () => {
  const { values } = parseArguments(['--kid', '-GTo9', '--yes', '--kid', 'abc', '--kid=-x'], options);
  expect(values).toEqual({ kid: ['-GTo9', 'abc', '-x'], yes: true });
});

test('What is no value stays an option', () => {
  expect(() => parseArguments(['--kid', '--yes'], options)).toThrow(/kid/);
  expect(() => parseArguments(['--yes', '-x'], options)).toThrow(/-x/);
});
