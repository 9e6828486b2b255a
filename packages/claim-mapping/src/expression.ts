import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { ClaimMappingContext } from './context.ts';

/** Longest expression, in characters. */
export const MAX_EXPRESSION_LENGTH = 4096;
/** How deep expressions over lists may stand in one another: the work grows with the power of it. */
const MAX_NESTED_LOOPS = 2;
/** How deep `cel.bind` may stand in itself: texts may double with each. */
const MAX_NESTED_BINDINGS = 4;
const LIMITS = { maxAstNodes: 512, maxDepth: 32, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 };
const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** An expression ready to run. Throws what the evaluation throws. */
export type Expression = (context: ClaimMappingContext) => unknown;

/** Compiles expressions (Common Expression Language) over {@link ClaimMappingContext}. */
export interface ExpressionCompiler {
  /** Throws an Error that says what is wrong with the text. */
  compile(text: string): Expression;
}

/**
 * Makes a compiler. Expressions see own properties of their input alone, never a prototype; they cannot loop but over lists
 * that are there, and not more than twice nested; and the function `matches` is not offered, as a regular expression can be
 * made to take for ever by the text it reads.
 */
export function createExpressionCompiler(): ExpressionCompiler {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: LIMITS,
  })
    .registerVariable('identity', 'map')
    .registerVariable('client', 'map')
    .registerVariable('connector', 'map')
    .registerVariable('scopes', 'list<string>')
    .registerVariable('claims', 'map');
  return {
    compile(text) {
      if (text.length > MAX_EXPRESSION_LENGTH) throw new Error(`it has more than ${MAX_EXPRESSION_LENGTH} characters`);
      const parsed = parse(environment, text);
      const checked = parsed.check();
      if (!checked.valid) throw new Error(firstLine(checked.error));
      assertBounded(parsed.ast, { loops: 0, bindings: 0 });
      return (context) => parsed({ ...context });
    },
  };
}

function parse(environment: Environment, text: string): ParseResult {
  try {
    return environment.parse(text);
  } catch (thrown) {
    throw new Error(firstLine(thrown), { cause: thrown });
  }
}

/** The further lines show the expression; it stands in the configuration. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message.split('\n', 1)[0] ?? '';
}

interface Depth {
  readonly loops: number;
  readonly bindings: number;
}

function assertBounded(node: unknown, depth: Depth): void {
  if (Array.isArray(node)) {
    for (const member of node) assertBounded(member, depth);
    return;
  }
  if (!isNode(node)) return;
  const called = calledName(node);
  if (called === 'matches') throw new Error('the function matches is not offered');
  const inside = {
    loops: depth.loops + (called !== undefined && LOOPS.has(called) ? 1 : 0),
    bindings: depth.bindings + (called === 'bind' ? 1 : 0),
  };
  if (inside.loops > MAX_NESTED_LOOPS) throw new Error(`lists are gone through more than ${MAX_NESTED_LOOPS} deep`);
  if (inside.bindings > MAX_NESTED_BINDINGS)
    throw new Error(`cel.bind is nested more than ${MAX_NESTED_BINDINGS} deep`);
  assertBounded(node.args, inside);
}

/** The function or macro that a node calls. */
function calledName(node: ASTNode): string | undefined {
  if (node.op !== 'call' && node.op !== 'rcall') return undefined;
  const [name] = node.args;
  return name;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
