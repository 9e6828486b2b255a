import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configOf, loadText, minimalFile, problemsOf } from '../testing/config-text.ts';

describe('the document', () => {
  test('JSON is taken as well as YAML, tabs included', () => {
    expect(configOf(loadText(JSON.stringify(minimalFile, null, '\t'))).issuer).toBe(minimalFile.issuer);
  });

  test('anchors, aliases and merge keys are resolved', () => {
    const config = configOf(
      loadText(`
issuer: http://127.0.0.1:5556/dex
storage: {type: memory}
web: {http: ":5556"}
connectors: [{type: mockCallback, id: mock, name: Example}]
staticClients:
- &first {id: a, name: A, secret: one, redirectURIs: &uris ["https://a.example.org/"]}
- {<<: *first, id: b}
- {id: c, name: C, secret: three, redirectURIs: *uris}
`),
    );
    expect(config.staticClients.map(({ id, secret }) => [id, secret])).toEqual([
      ['a', 'one'],
      ['b', 'one'],
      ['c', 'three'],
    ]);
    expect(config.staticClients[2]?.redirectUris).toEqual(['https://a.example.org/']);
  });

  test.each([
    ['', 'the file is empty'],
    ['# nothing\n', 'the file is empty'],
    ['just text', 'the file must be a map of keys'],
    ['- a\n- b', 'the file must be a map of keys'],
    ['issuer: a\n---\nissuer: b\n', 'one document'],
    ['issuer: [a\nweb: b', 'a bracket or quote before it is not closed'],
    ['issuer: {a: 1', 'a bracket or quote before it is not closed'],
    ['issuer: *nowhere', 'alias'],
    ['issuer: !secret x', 'tag'],
    ['? [a, b]\n: c', 'a key must be plain text'],
    ['a: &a {b: *a}', 'nested more than'],
  ])('%j is one clear problem', (text, expected) => {
    const problems = problemsOf(loadText(text));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  test('a syntax error has its line and repeats nothing of the text', () => {
    const result = loadText('issuer: x\nstorage: "canary-one\nweb: canary-two\n @canary-three');
    expect(result.ok ? [] : result.problems.map(({ line }) => line)).toEqual([expect.any(Number)]);
    expect(problemsOf(result).join()).not.toContain('canary');
  });

  test.each([100, 1_000, 3_000, 10_000, 100_000])('%d nested lists are refused without an exception', (depth) => {
    const problems = problemsOf(loadText(`issuer: ${'['.repeat(depth)}${']'.repeat(depth)}`));
    expect(problems.length).toBeGreaterThan(0);
  });

  test('aliases that unfold without end are refused quickly', () => {
    const levels = Array.from(
      { length: 30 },
      (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}, *l${index}]`,
    );
    const problems = problemsOf(loadText(['l0: &l0 [x]', ...levels].join('\n')));
    expect(problems[0]).toContain('too many values');
  });

  test('no text makes the loader throw', () => {
    const fragment = fc.constantFrom(
      'issuer',
      ': ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      '&a ',
      '*a',
      'web',
      '<<',
      '!',
      '#',
      '  ',
      'x',
      '1',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fragment).map((parts) => parts.join('')),
        ),
        (text) => {
          expect(problemsOf(loadText(text)).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
