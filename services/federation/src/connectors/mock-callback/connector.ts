import { isEqualInConstantTime, parseFormParameters } from '@tessera/oauth';
import { signInError } from '../../sign-in-errors.ts';
import { ACCESS_TOKEN_TYPE, type Connector, ID_TOKEN_TYPE } from '../connector.ts';
import { mockIdentity } from './identity.ts';

/** Signs everybody in as one fixed person, as Dex's connector of this name does. For tests only. */
export function createMockCallbackConnector(issuer: string): Connector {
  return {
    signIn: {
      kind: 'callback',
      async begin({ state }) {
        return { redirectUrl: `${issuer}/callback?state=${encodeURIComponent(state)}`, data: '' };
      },
      async complete({ state, parameters }) {
        const parsed = parseFormParameters(parameters);
        const returned = parsed.ok ? parsed.parameters.get('state') : undefined;
        if (returned === undefined || !isEqualInConstantTime(returned, state)) {
          throw signInError('invalidCallback', 'the state that came back is not the one that was sent');
        }
        return { identity: mockIdentity, data: '' };
      },
    },
    refresher: { refresh: async () => ({ identity: mockIdentity, data: '' }) },
    refreshesUpstream: true,
    exchanger: {
      async exchange({ tokenType }) {
        if (tokenType !== ID_TOKEN_TYPE && tokenType !== ACCESS_TOKEN_TYPE) {
          throw signInError('unsupportedExchange', 'neither an ID token nor an access token');
        }
        return { identity: mockIdentity, data: '' };
      },
    },
    async close() {},
  };
}
