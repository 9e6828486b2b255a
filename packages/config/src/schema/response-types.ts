import * as z from 'zod';
import { choiceFault } from './fields.ts';

/** The response types that are spoken (OAuth 2.0 Multiple Response Types §3 and §5), each in its usual spelling. */
export const RESPONSE_TYPES = [
  'code',
  'token',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
] as const;

/** One of {@link RESPONSE_TYPES}. */
export type ResponseType = (typeof RESPONSE_TYPES)[number];

/** The usual spelling: the order of the words does not matter (RFC 6749 §3.1.1). Undefined when there is no such type. */
export function canonicalResponseType(written: string): ResponseType | undefined {
  const sorted = sortWords(written);
  return RESPONSE_TYPES.find((type) => sortWords(type) === sorted);
}

function sortWords(text: string): string {
  return text.split(' ').toSorted().join(' ');
}

/** A response type in any order of its words; read in its usual spelling. */
export const responseType = () =>
  z
    .string()
    .transform((written, context) => {
      const type = canonicalResponseType(written);
      if (type !== undefined) return type;
      context.addIssue(choiceFault(written, RESPONSE_TYPES) ?? 'is not a response type');
      return z.NEVER;
    })
    .describe('A response type.');

/** The grants a client needs for a response type (RFC 7591 §2.1, OIDC Dynamic Client Registration §2). */
export function grantsOfResponseType(type: ResponseType): readonly string[] {
  const words = type.split(' ');
  const isCode = words.includes('code');
  return [...(isCode ? ['authorization_code'] : []), ...(isCode && words.length === 1 ? [] : ['implicit'])];
}

/** A grant that the response type needs and `grants` does not have; undefined when there is none. */
export function missingGrant(type: ResponseType, grants: readonly (string | undefined)[]): string | undefined {
  return grantsOfResponseType(type).find((grant) => !grants.includes(grant));
}
