import type { Identity } from '@tessera/oauth';

/** The fixed person of Dex's mock connectors. */
export const mockIdentity: Identity = {
  userId: '0-385-28089-0',
  username: 'Kilgore Trout',
  preferredUsername: '',
  email: 'kilgore@kilgore.trout',
  emailVerified: true,
  groups: ['authors'],
  claims: {},
};
