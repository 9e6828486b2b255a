import { isEqualInConstantTime } from '@tessera/oauth';
import { signInError } from '../../sign-in-errors.ts';
import type { Connector } from '../connector.ts';
import { mockIdentity } from '../mock-callback/identity.ts';
import type { MockPasswordConfig } from './config.ts';

/** Signs one configured name and password in as Dex's fixed person (without groups). For tests only. */
export function createMockPasswordConnector(config: MockPasswordConfig): Connector {
  const identity = { ...mockIdentity, groups: [] };
  return {
    signIn: {
      kind: 'password',
      prompt: '',
      async login({ username, password }) {
        const isName = isEqualInConstantTime(username, config.username);
        const isPassword = isEqualInConstantTime(password, config.password);
        if (!isName || !isPassword) throw signInError('invalidCredentials', 'another name or password');
        return { identity, data: '' };
      },
    },
    refresher: { refresh: async () => ({ identity, data: '' }) },
    refreshesUpstream: true,
    async close() {},
  };
}
