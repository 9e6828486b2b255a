import { parseBasicCredentials } from '@tessera/oauth';
import type { ClientAuthMethod } from './method.ts';

/**
 * An `Authorization` header of another scheme. It never authenticates, and beside another method it still counts as a second
 * one.
 */
export const unsupported: ClientAuthMethod = {
  name: 'unsupported',
  read(authorization) {
    const parsed = parseBasicCredentials(authorization);
    return authorization !== undefined && !parsed.ok && parsed.reason === 'absent' ? 'malformed' : undefined;
  },
};
