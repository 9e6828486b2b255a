import { expectDiscovery, expectPublicKeys } from '../conditions/discovery.ts';
import type { Modules } from './conformance-module.ts';

/** What the documents say (OIDC Discovery §4). */
export const DISCOVERY_MODULES = {
  'oidcc-discovery-endpoint-verification': {
    checks: 'Discovery says what it must, nothing that is not of the standards, and the keys are public ones.',
    run: async ({ provider }) => {
      expectDiscovery(provider);
      await expectPublicKeys(provider.jwks);
    },
  },
} satisfies Modules;
