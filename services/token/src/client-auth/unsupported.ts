import { parseBasicCredentials } from '@tessera/oauth';
import type { ClientAuthMethod } from './method.ts';

/**
 * Whatever else a client may try: an `Authorization` header of another scheme, or an assertion (RFC 7521 §4.2). It never
 * authenticates, and beside another method it still counts as a second one.
 */
export const unsupported: ClientAuthMethod = {
  name: 'unsupported',
  read(authorization, form) {
    const parsed = parseBasicCredentials(authorization);
    const isForeignScheme = authorization !== undefined && !parsed.ok && parsed.reason === 'absent';
    const isAsserted = form.has('client_assertion') || form.has('client_assertion_type');
    return isForeignScheme || isAsserted ? 'malformed' : undefined;
  },
};
