import type { ClientDirectory } from '@tessera/contracts';
import { frameOrigin } from '../views/content-security-policy.ts';
import { withQuery } from './with-query.ts';

/** Most clients of one session that are told in the browser: each costs a page in a frame. */
const MAX_FRAMES = 50;

/** What frames are made of. */
export interface FrontChannelContext {
  readonly config: { readonly issuer: string };
  readonly clients: Pick<ClientDirectory, 'find'>;
}

/**
 * The addresses that a browser loads in frames so that the clients of a session forget the person (OIDC Front-Channel Logout
 * §2, §3): with `iss` and `sid`, unless the client wants neither. An address that a policy cannot name is left out.
 */
export function frontChannelAddresses(
  { config, clients }: FrontChannelContext,
  { id, clientIds }: { readonly id: string; readonly clientIds: readonly string[] },
): readonly string[] {
  return clientIds
    .flatMap((clientId) => {
      const { frontchannelLogoutUri, frontchannelLogoutSessionRequired } = clients.find(clientId)?.settings ?? {};
      if (frontchannelLogoutUri === undefined || frameOrigin(frontchannelLogoutUri) === undefined) return [];
      const isNamed = frontchannelLogoutSessionRequired !== false;
      return [withQuery(frontchannelLogoutUri, isNamed ? { iss: config.issuer, sid: id } : {})];
    })
    .slice(0, MAX_FRAMES);
}
