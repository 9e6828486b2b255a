import { PassThrough, Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readPlainLine, readSecretLine } from './read-line.ts';

/** Keeps what is written to it. */
function createScreen(): Writable & { text(): string } {
  let text = '';
  const screen = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return Object.assign(screen, { text: () => text });
}

/** What a person types at a keyboard, and what they see meanwhile. */
async function typed(read: typeof readPlainLine, line: string): Promise<{ answer: string; seen: string }> {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true });
  const screen = createScreen();
  const answer = read('Question: ', keyboard, screen);
  keyboard.write(`${line}\r`);
  return { answer: await answer, seen: screen.text() };
}

describe('a line that a person types', () => {
  test('is seen', async () => {
    const { answer, seen } = await typed(readPlainLine, 'yes');
    expect(answer).toBe('yes');
    expect(seen).toContain('Question: ');
    expect(seen).toContain('yes');
  });

  test('is not seen where it is a secret', async () => {
    expect(await typed(readSecretLine, 'canary')).toEqual({ answer: 'canary', seen: 'Question: \n' });
  });
});

test.each([readPlainLine, readSecretLine])('From a pipe the first line is taken without a question', async (read) => {
  const screen = createScreen();
  expect(await read('Question: ', Readable.from(['first\nsecond\n']), screen)).toBe('first');
  expect(await read('Question: ', Readable.from([]), screen)).toBe('');
  expect(screen.text()).toBe('');
});

test('A line has a bound', async () => {
  expect(await readPlainLine('', Readable.from(['x'.repeat(5000)]), new PassThrough())).toHaveLength(4096);
});
