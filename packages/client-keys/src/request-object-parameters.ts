import {
  createParameters,
  MAX_PARAMETER_NAME_LENGTH,
  MAX_PARAMETER_VALUE_LENGTH,
  MAX_PARAMETERS,
  type Parameters,
} from '@tessera/oauth';
import type { JwtClaims } from './jwt-claims.ts';

/** Claims that are about the request object itself and no parameters (RFC 7519 §4.1). */
const ABOUT_ITSELF: readonly string[] = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/**
 * The claims of a request object as parameters (RFC 9101 §4): texts as they are, numbers and booleans as text, objects and lists
 * of objects as JSON text (`claims`, `authorization_details`), lists of texts as several values (`resource`). Undefined for what
 * could not have been sent as a parameter either: null, mixed lists, control characters of stores, and more or longer ones than
 * a form may have (N91).
 */
export function parametersOfClaims(claims: JwtClaims): Parameters | undefined {
  const pairs: (readonly [string, string])[] = [];
  for (const [name, claim] of Object.entries(claims)) {
    if (ABOUT_ITSELF.includes(name)) continue;
    const values = valuesOf(claim);
    if (values === undefined || !isSendableName(name) || !values.every(isSendableValue)) return undefined;
    pairs.push(...values.map((value) => [name, value] as const));
  }
  return pairs.length > MAX_PARAMETERS ? undefined : createParameters(pairs);
}

function valuesOf(claim: unknown): readonly string[] | undefined {
  switch (typeof claim) {
    case 'string':
      return [claim];
    case 'number':
    case 'boolean':
      return [String(claim)];
    case 'object':
      return valuesOfObject(claim);
    default:
      return undefined;
  }
}

function valuesOfObject(claim: object | null): readonly string[] | undefined {
  if (claim === null) return undefined;
  if (!Array.isArray(claim)) return [JSON.stringify(claim)];
  if (claim.every((item) => typeof item === 'string')) return claim;
  return claim.every(isPlainObject) ? [JSON.stringify(claim)] : undefined;
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSendableName(name: string): boolean {
  return name !== '' && name.length <= MAX_PARAMETER_NAME_LENGTH && isStorable(name);
}

function isSendableValue(value: string): boolean {
  return value.length <= MAX_PARAMETER_VALUE_LENGTH && isStorable(value);
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
