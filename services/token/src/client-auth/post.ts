import type { ClientAuthMethod } from './method.ts';

/** `client_secret_post`: id and secret in the form (RFC 6749 §2.3.1). An empty secret counts as none sent. */
export const post: ClientAuthMethod = {
  name: 'client_secret_post',
  read(_authorization, form) {
    const clientSecret = form.get('client_secret');
    if (clientSecret === undefined) return undefined;
    const clientId = form.get('client_id');
    return clientId === undefined ? 'malformed' : { clientId, clientSecret };
  },
};
