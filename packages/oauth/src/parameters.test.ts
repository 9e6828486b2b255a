import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createParameters,
  decodeFormComponent,
  MAX_PARAMETER_NAME_LENGTH,
  MAX_PARAMETER_VALUE_LENGTH,
  MAX_PARAMETERS,
  type Parameters,
  parseFormParameters,
} from './parameters.ts';

function parse(text: string): Parameters {
  const outcome = parseFormParameters(text);
  if (!outcome.ok) {
    throw new Error(`refused: ${outcome.reason}`);
  }
  return outcome.parameters;
}

function reasonOf(text: string): string | undefined {
  const outcome = parseFormParameters(text);
  return outcome.ok ? undefined : outcome.reason;
}

describe('parseFormParameters', () => {
  it('RFC 6749 Appendix B: decodes plus signs and UTF-8', () => {
    const parameters = parse('a=1+2&na%20me=%C3%A9%E2%82%AC&eq=x=y');
    expect(parameters.entries).toEqual([
      ['a', '1 2'],
      ['na me', 'é€'],
      ['eq', 'x=y'],
    ]);
  });

  it('RFC 6749 §3.1: a parameter without a value is omitted', () => {
    const parameters = parse('scope=&state&client_id=app');
    expect(parameters.names()).toEqual(['client_id']);
    expect(parameters.has('scope')).toBe(false);
    expect(parameters.get('state')).toBeUndefined();
  });

  it('RFC 6749 §3.1: a repeated parameter is reported and none of its values is taken', () => {
    const parameters = parse('client_id=a&client_id=b&state=&state=x&resource=r');
    expect(parameters.repeated).toEqual(['client_id', 'state']);
    expect(parameters.get('client_id')).toBeUndefined();
    expect(parameters.get('state')).toBeUndefined();
    expect(parameters.getAll('client_id')).toEqual(['a', 'b']);
    expect(parameters.get('resource')).toBe('r');
  });

  it('reads an empty text and stray ampersands as nothing', () => {
    expect(parse('').entries).toEqual([]);
    expect(parse('&&a=1&').entries).toEqual([['a', '1']]);
  });

  it.each([
    ['a bare percent sign', 'a=100%'],
    ['a percent sign before other than hex', 'a=%zz'],
    ['a name that is not UTF-8', '%ff=1'],
    ['an overlong form', 'a=%c0%ae'],
    ['an encoded surrogate', 'a=%ed%a0%80'],
    ['an encoded NUL', 'a=x%00y'],
    ['a raw line break', 'a=1\r\nb=2'],
    ['a raw NUL', 'a=\0'],
    ['a replacement character left by a lenient decoder', 'a=\ufffd'],
    ['a lone surrogate', 'a=\ud800'],
  ])('RFC 6749 Appendix B: refuses %s', (_title, text) => {
    expect(reasonOf(text)).toBe('malformed');
  });

  it('N91: bounds the number of parameters and the length of names and values', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=1`).join('&');
    expect(parse(many(MAX_PARAMETERS)).names()).toHaveLength(MAX_PARAMETERS);
    expect(reasonOf(many(MAX_PARAMETERS + 1))).toBe('too-many');
    expect(parse(`${'n'.repeat(MAX_PARAMETER_NAME_LENGTH)}=1`).names()).toHaveLength(1);
    expect(reasonOf(`${'n'.repeat(MAX_PARAMETER_NAME_LENGTH + 1)}=1`)).toBe('name-too-long');
    expect(reasonOf(`${'%6e'.repeat(MAX_PARAMETER_NAME_LENGTH * 4)}=1`)).toBe('name-too-long');
    expect(parse(`a=${'v'.repeat(MAX_PARAMETER_VALUE_LENGTH)}`).get('a')).toHaveLength(MAX_PARAMETER_VALUE_LENGTH);
    expect(parse(`a=${'%E2%82%AC'.repeat(MAX_PARAMETER_VALUE_LENGTH)}`).has('a')).toBe(true);
    expect(reasonOf(`a=${'v'.repeat(MAX_PARAMETER_VALUE_LENGTH + 1)}`)).toBe('value-too-long');
    expect(reasonOf(`a=${'v'.repeat(MAX_PARAMETER_VALUE_LENGTH * 10)}`)).toBe('value-too-long');
  });

  it('N91: names of built-in properties are ordinary parameters', () => {
    const parameters = parse('__proto__=x&constructor=y');
    expect(parameters.get('__proto__')).toBe('x');
    expect(parameters.get('constructor')).toBe('y');
    expect(parameters.get('toString')).toBeUndefined();
  });

  it('gives back whatever a form encoder wrote', () => {
    const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(word, word), { selector: ([name]) => name, maxLength: 20 }), (pairs) => {
        const parameters = parse(new URLSearchParams(pairs).toString());
        expect(parameters.entries).toEqual(pairs);
        expect(parameters.repeated).toEqual([]);
      }),
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[%=&+a0-9fc]*$/)), (text) => {
        expect(typeof parseFormParameters(text).ok).toBe('boolean');
      }),
    );
  });
});

describe('createParameters', () => {
  it('gives a result that nobody can change', () => {
    const parameters = createParameters([['a', '1']]);
    expect(() => Object.assign(parameters, { repeated: ['x'] })).toThrow(TypeError);
    expect(() => (parameters.entries as unknown[]).push(['b', '2'])).toThrow(TypeError);
    (parameters.getAll('a') as string[]).push('2');
    expect(parameters.getAll('a')).toEqual(['1']);
  });
});

describe('decodeFormComponent', () => {
  it('keeps an encoded plus sign', () => {
    expect(decodeFormComponent('a%2Bb+c')).toBe('a+b c');
    expect(decodeFormComponent('%')).toBeUndefined();
  });
});
