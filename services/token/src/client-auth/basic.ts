import { parseBasicCredentials } from '@tessera/oauth';
import type { ClientAuthMethod } from './method.ts';

/** `client_secret_basic`: id and secret in the `Authorization` header (RFC 6749 §2.3.1). */
export const basic: ClientAuthMethod = {
  name: 'client_secret_basic',
  read(authorization) {
    const parsed = parseBasicCredentials(authorization);
    if (parsed.ok) return { clientId: parsed.clientId, clientSecret: parsed.clientSecret };
    return parsed.reason === 'malformed' ? 'malformed' : undefined;
  },
};
