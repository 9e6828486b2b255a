import { suggestName } from '../load/suggestion.ts';
import { choiceFault } from './fields.ts';

/** RFC 8628 §3.4. */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** RFC 8693 §2.1. */
export const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** RFC 7523 §2.1. */
export const JWT_BEARER_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Grants that are built in; `implicit` stands for the response types that give tokens at the authorization endpoint. */
export const KNOWN_GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'implicit',
  'password',
  'client_credentials',
  DEVICE_CODE_GRANT,
  TOKEN_EXCHANGE_GRANT,
  JWT_BEARER_GRANT,
] as const;

/** Dex's default set. */
export const DEFAULT_GRANT_TYPES: readonly string[] = [
  'authorization_code',
  'implicit',
  'password',
  'refresh_token',
  DEVICE_CODE_GRANT,
  TOKEN_EXCHANGE_GRANT,
];

/** Grants a connector may be limited to: those in which a person signs in with it. */
export const CONNECTOR_GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'implicit',
  'password',
  DEVICE_CODE_GRANT,
  TOKEN_EXCHANGE_GRANT,
  JWT_BEARER_GRANT,
] as const;

/** A rule: a built-in grant, or the absolute URI of an extension grant (RFC 6749 §4.5). */
export function grantTypeFault(value: string): string | undefined {
  const fault = choiceFault(value, KNOWN_GRANT_TYPES, ', or the absolute URI of an extension grant');
  return fault === undefined || isExtensionGrant(value) ? undefined : fault;
}

/** Whether a grant that passed {@link grantTypeFault} is not built in. */
export function isExtensionGrant(value: string): boolean {
  const isKnown = (KNOWN_GRANT_TYPES as readonly string[]).includes(value);
  return !isKnown && /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(value);
}

/** The warning for an extension grant: nobody here knows whether it is registered. */
export function extensionGrantWarning(value: string): string {
  const suggestion = suggestName(value, KNOWN_GRANT_TYPES);
  const guess = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return `is not built in: it is served only where the process that embeds Tessera registers it${guess}`;
}
