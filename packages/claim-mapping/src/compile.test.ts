import { PROTOCOL_CLAIMS } from '@tessera/oauth';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertClaimMappings, createClaimMappingCompiler } from './compile.ts';
import type { ClaimMappingContext } from './context.ts';
import { createOnceReporter, type MappingFailure } from './mapping-reports.ts';

const context: ClaimMappingContext = {
  identity: {
    userId: 'u1',
    username: 'Ada',
    preferredUsername: 'ada',
    email: 'ada@example.com',
    emailVerified: true,
    groups: ['math', 'team-engines', 'team-looms'],
    claims: { department: 'engines', level: 3, address: { country: 'UK' } },
  },
  client: { id: 'app', name: 'App', claims: { tier: 'gold' } },
  connector: { id: 'ldap', type: 'ldap', name: 'Directory' },
  scopes: ['openid', 'groups'],
  claims: { name: 'Ada' },
};

function evaluate(mappings: Readonly<Record<string, string>>, failures: MappingFailure[] = []) {
  const compiler = createClaimMappingCompiler((failure) => failures.push(failure));
  return compiler.compile(mappings, 'claims.mappings').evaluate(context);
}

describe('claims computed by expressions', () => {
  it('see identity, client, connector, scopes and the claims so far', () => {
    const claims = evaluate({
      dept: 'identity.claims.department',
      teams: 'identity.groups.filter(g, g.startsWith("team-")).map(g, g.substring(5))',
      tier: 'client.claims.tier + "/" + client.id',
      from: 'connector.type + ":" + connector.name',
      in_scope: '"groups" in scopes',
      greeting: '"Hello " + claims.name',
      host: 'identity.email.split("@")[1]',
    });
    expect(claims).toEqual({
      dept: 'engines',
      teams: ['engines', 'looms'],
      tier: 'gold/app',
      from: 'ldap:Directory',
      in_scope: true,
      greeting: 'Hello Ada',
      host: 'example.com',
    });
  });

  it('become JSON: whole numbers, moments, lists and objects; null is left out', () => {
    const claims = evaluate({
      whole: '1 + 1',
      level: 'identity.claims.level + 0.5',
      when: 'timestamp("2026-01-01T00:00:00Z")',
      nested: '{"roles": identity.groups.map(g, {"name": g, "rank": 1}), "none": null}',
      none: 'null',
      absent: 'has(identity.claims.nothing) ? identity.claims.nothing : null',
    });
    expect(claims).toEqual({
      whole: 2,
      level: 3.5,
      when: '2026-01-01T00:00:00.000Z',
      nested: {
        roles: [
          { name: 'math', rank: 1 },
          { name: 'team-engines', rank: 1 },
          { name: 'team-looms', rank: 1 },
        ],
        none: null,
      },
    });
  });

  it('that fail or have no form in JSON leave out their claim alone, and are told without the values', () => {
    const failures: MappingFailure[] = [];
    const claims = evaluate(
      {
        missing: 'identity.claims.nothing.more',
        bytes: 'bytes(identity.email)',
        infinite: '1.0 / 0.0',
        huge: '9223372036854775807',
        number: 'int(identity.email)',
        key: 'identity[identity.email]',
        kept: 'identity.username',
      },
      failures,
    );
    expect(claims).toEqual({ kept: 'Ada' });
    expect(failures.map(({ claim }) => claim)).toEqual(['missing', 'bytes', 'infinite', 'huge', 'number', 'key']);
    expect(JSON.stringify(failures)).not.toContain('ada@example.com');
  });

  it('are reported once for each mapping, however often they fail', () => {
    const failures: MappingFailure[] = [];
    const compiler = createClaimMappingCompiler(createOnceReporter((failure) => failures.push(failure)));
    const mappings = compiler.compile({ a: 'identity.x', b: 'identity.y' }, 'claims.mappings');
    for (let round = 0; round < 3; round += 1) mappings.evaluate(context);
    expect(failures.map(({ where, claim }) => [where, claim])).toEqual([
      ['claims.mappings', 'a'],
      ['claims.mappings', 'b'],
    ]);
  });
});

describe('what no expression may do', () => {
  it('a mapping that cannot work is refused before it runs, by place and claim', () => {
    const broken = ['identity.', 'unknown.x', 'identity.email + 1 +', '1 + "a"', '', 'nothing()', 'x'.repeat(5000)];
    for (const text of broken) {
      expect(() => assertClaimMappings({ dept: text }, 'staticClients[0]')).toThrow(
        /^staticClients\[0\]: the claim "dept" cannot be computed: /,
      );
    }
  });

  it('RFC 7519 §4.1: it sets no claim of the protocol', () => {
    for (const claim of [...PROTOCOL_CLAIMS, '']) {
      expect(() => assertClaimMappings(Object.fromEntries([[claim, '"x"']]), 'claims.mappings')).toThrow('computed');
    }
  });

  it('it reaches no prototype and no property that is not the input’s own', () => {
    const failures: MappingFailure[] = [];
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];
    const paths = ['identity', 'identity.groups', 'identity.email', 'identity.claims.address', 'dyn(scopes)'];
    const mappings = paths.flatMap((path, at) => names.map((name) => [`c_${at}_${name}`, `${path}.${name}`] as const));
    expect(evaluate(Object.fromEntries(mappings), failures)).toEqual({});
    expect(failures).toHaveLength(names.length * paths.length);
    expect(evaluate({ forged: '{"__proto__": {"admin": true}}' })['forged']).not.toHaveProperty('admin');
  });

  it('it takes no time that grows beyond bounds: no regular expressions, no deep loops, no doubling', () => {
    const loop = (inner: string, name: string) => `identity.groups.map(${name}, ${inner})`;
    const unbounded = [
      'identity.email.matches("(a+)+$")',
      'identity.groups.exists(g, g.matches("x"))',
      loop(loop(loop('1', 'c'), 'b'), 'a'),
      'cel.bind(a, "x", cel.bind(b, a+a, cel.bind(c, b+b, cel.bind(d, c+c, cel.bind(e, d+d, e)))))',
      `[${Array.from({ length: 200 }, () => '1').join(',')}]`,
      `${'('.repeat(100)}1${')'.repeat(100)}${'+1'.repeat(600)}`,
    ];
    for (const text of unbounded) expect(() => assertClaimMappings({ c: text }, 'x')).toThrow('cannot be computed');
    expect(() => assertClaimMappings({ c: loop(loop('a + b', 'b'), 'a') }, 'x')).not.toThrow();
  });

  it('a claim has at most 8 KiB', () => {
    const failures: MappingFailure[] = [];
    const many = { ...context, identity: { ...context.identity, groups: Array.from({ length: 3000 }, () => 'group') } };
    const compiler = createClaimMappingCompiler((failure) => failures.push(failure));
    expect(compiler.compile({ all: 'identity.groups' }, 'x').evaluate(many)).toEqual({});
    expect(failures).toHaveLength(1);
  });

  it('no text makes compiling fail otherwise than by naming the claim', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          evaluate({ c: text });
        } catch (thrown) {
          expect(thrown).toHaveProperty('claim', 'c');
        }
      }),
    );
  });
});
