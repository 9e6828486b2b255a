import { EvaluationError } from '@marcbachmann/cel-js';
import { type ClaimMappings, isProtocolClaim } from '@tessera/oauth';
import { ClaimMappingError } from './claim-mapping-error.ts';
import type { ClaimMappingContext } from './context.ts';
import { createExpressionCompiler, type Expression, type ExpressionCompiler } from './expression.ts';
import { JsonValueError, toJsonValue } from './json-value.ts';
import type { ReportMappingFailure } from './mapping-reports.ts';

/** Mappings ready to run. */
export interface CompiledMappings {
  /** Names of the claims they may make. */
  readonly claims: readonly string[];
  /**
   * The claims for one token or answer. An expression that yields null leaves its claim out; so does one that fails, which is
   * reported and never more than that. Never throws.
   */
  evaluate(context: ClaimMappingContext): Readonly<Record<string, unknown>>;
}

/** Compiles mappings: claim name → expression. */
export interface ClaimMappingCompiler {
  /**
   * `where` is the place in the configuration, for messages. Throws {@link ClaimMappingError} for an expression that can never
   * work and for a claim of the protocol, which nobody sets (see `PROTOCOL_CLAIMS`).
   */
  compile(mappings: ClaimMappings, where: string): CompiledMappings;
}

/** Longest name of a claim, in characters. */
const MAX_CLAIM_NAME_LENGTH = 256;

/** Makes a compiler. What fails while it is evaluated is told to `report`. */
export function createClaimMappingCompiler(report: ReportMappingFailure): ClaimMappingCompiler {
  const compiler = createExpressionCompiler();
  return {
    compile(mappings, where) {
      const expressions = Object.entries(mappings).map(([claim, text]): readonly [string, Expression] => [
        claim,
        compileOne(compiler, { where, claim, text }),
      ]);
      return {
        claims: expressions.map(([claim]) => claim),
        evaluate(context) {
          const made: [string, unknown][] = [];
          for (const [claim, expression] of expressions) {
            const value = evaluateOne(expression, context, (fault) => report({ where, claim, fault }));
            if (value !== undefined) made.push([claim, value]);
          }
          return Object.fromEntries(made);
        },
      };
    },
  };
}

/** Throws {@link ClaimMappingError} unless all mappings can work. For whoever takes a configuration in. */
export function assertClaimMappings(mappings: ClaimMappings, where: string): void {
  createClaimMappingCompiler(() => undefined).compile(mappings, where);
}

function compileOne(
  compiler: ExpressionCompiler,
  { where, claim, text }: { readonly where: string; readonly claim: string; readonly text: string },
): Expression {
  if (claim === '' || claim.length > MAX_CLAIM_NAME_LENGTH) {
    throw new ClaimMappingError(where, claim.slice(0, MAX_CLAIM_NAME_LENGTH), 'its name is empty or too long');
  }
  if (isProtocolClaim(claim)) throw new ClaimMappingError(where, claim, 'it is a claim of the protocol');
  try {
    return compiler.compile(text);
  } catch (thrown) {
    throw new ClaimMappingError(where, claim, thrown instanceof Error ? thrown.message : 'it does not compile');
  }
}

function evaluateOne(expression: Expression, context: ClaimMappingContext, fail: (fault: string) => void): unknown {
  try {
    return toJsonValue(expression(context));
  } catch (thrown) {
    fail(faultOf(thrown));
    return undefined;
  }
}

/** A word for the kind of fault: messages of the evaluation may hold what it read. */
function faultOf(thrown: unknown): string {
  if (thrown instanceof JsonValueError) return thrown.message;
  return thrown instanceof EvaluationError ? thrown.code : 'failed';
}
