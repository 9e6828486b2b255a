import { expect, test } from 'vitest';
import { createLogger, createRequestId, currentContext, parseRequestId, runInContext, withSpan } from './index.ts';

function collect(format: 'json' | 'text', excludeFields: string[] = []) {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ service: 'token', level: 'info', format, stream, excludeFields }) };
}

test('a record carries the service and the request id of the work it was written in', async () => {
  const { lines, logger } = collect('json');
  await runInContext({ requestId: 'request-0001' }, async () => {
    await Promise.resolve();
    expect(currentContext()?.requestId).toBe('request-0001');
    logger.info({ client_id: 'app' }, 'signed in');
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    service: 'token',
    request_id: 'request-0001',
    client_id: 'app',
    msg: 'signed in',
  });
});

test('excluded fields leave every record, and text is one line whatever is in the values', () => {
  const { lines, logger } = collect('text', ['email']);
  logger.warn({ email: 'a@b', note: 'x\ny' }, 'hello\nworld');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd().split('\n')).toHaveLength(1);
  expect(lines[0]).not.toContain('a@b');
});

test('in text an error is one line of what it says and what caused it', () => {
  const { lines, logger } = collect('text');
  logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
  expect(lines[0]?.trimEnd().split('\n')).toHaveLength(1);
  expect(lines[0]).toMatch(/err="outer; because inner, at .+"/);
});

test('the causes of an error are written with it, the outermost with its stack', () => {
  const { lines, logger } = collect('json');
  logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
  const record = JSON.parse(lines[0] ?? '') as { err: { message: string; cause: { message: string } } };
  expect([record.err.message, record.err.cause.message]).toEqual(['outer', 'inner']);
});

test('N96: a request id from outside with anything but id characters is not taken', () => {
  for (const hostile of ['a\nb-forged-line', 'x', 'a'.repeat(65), 'id with space 1', undefined]) {
    expect(parseRequestId(hostile)).toBeUndefined();
  }
  expect(parseRequestId('0af7651916cd43dd8448eb211c80319c')).toBeDefined();
});

test('a span returns what its work returns and passes its failure on', async () => {
  expect(await withSpan({ name: 'x', role: 'internal' }, async () => 7)).toBe(7);
  await expect(withSpan({ name: 'x', role: 'internal' }, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('a nested field is excluded by its path, one of any parent by a star, and one with odd characters by its name', () => {
  const { lines, logger } = collect('json', ['user.email', '*.token', 'x-header', 'request_id', '']);
  runInContext({ requestId: 'request-0001' }, () => {
    logger.info(
      { user: { email: 'canary', id: 1 }, call: { token: 'canary' }, 'x-header': 'canary', kept: 1 },
      'hello',
    );
  });
  expect(lines[0]).not.toContain('canary');
  expect(lines[0]).not.toContain('request-0001');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ user: { id: 1 }, call: {}, kept: 1, msg: 'hello' });
});

test('the message and stack of an error can be excluded', () => {
  const { lines, logger } = collect('json', ['err.stack', 'err.message']);
  logger.error({ err: new Error('canary') }, 'failed');
  expect(lines[0]).not.toContain('canary');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { type: 'Error' }, msg: 'failed' });
});

test('a path to exclude that is none is refused at the start', () => {
  for (const path of ['*', 'a..b', 'a[']) expect(() => collect('json', [path])).toThrow(Error);
});

test.each(['json', 'text'] as const)('writing never throws, whatever is in the fields (%s)', (format) => {
  const circular: Record<string, unknown> = { a: 1 };
  circular['self'] = circular;
  const cause = new Error('outer');
  cause.cause = cause;
  const hostile = [
    circular,
    { err: cause },
    { big: 10n, symbol: Symbol('x'), date: new Date(Number.NaN), call: () => undefined, none: undefined },
    {
      get field() {
        throw new Error('getter');
      },
    },
    {
      field: {
        toJSON() {
          throw new Error('toJSON');
        },
      },
    },
  ];
  for (const excluded of [[], ['email', 'a.b', '*.c']]) {
    const { lines, logger } = collect(format, excluded);
    for (const fields of hostile) logger.info(fields, 'still said');
    expect(lines).toHaveLength(hostile.length);
    for (const line of lines) expect(line).toContain('still said');
  }
});

test('a request id is sixteen characters of base64url, and never the same', () => {
  const ids = new Set(Array.from({ length: 1000 }, createRequestId));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect([id, parseRequestId(id)]).toEqual([expect.stringMatching(/^[\w-]{16}$/), id]);
});
