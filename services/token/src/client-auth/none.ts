import type { ClientAuthMethod } from './method.ts';

/** `none`: a public client just names itself (RFC 6749 §3.2.1). */
export const none: ClientAuthMethod = {
  name: 'none',
  read(authorization, form) {
    const clientId = form.get('client_id');
    if (authorization !== undefined || clientId === undefined) return undefined;
    const hasOther = form.has('client_secret') || form.has('client_assertion') || form.has('client_assertion_type');
    return hasOther ? undefined : { clientId, clientSecret: '' };
  },
};
