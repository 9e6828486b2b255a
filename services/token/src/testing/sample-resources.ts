import type { ApiResource, Resources, ScopeDefinition } from '@tessera/oauth';

function scope(name: string): ScopeDefinition {
  return { name, required: false, emphasize: false, showInDiscovery: true, claims: [], claimMappings: {} };
}

function api(name: string, scopes: readonly string[], requireResourceIndicator = false): ApiResource {
  return { name, scopes, claims: [], secrets: [], requireResourceIndicator };
}

export const ORDERS = 'https://orders.example.com';
export const STOCK = 'https://stock.example.com';
export const VAULT = 'https://vault.example.com';

/** Three APIs, the last of which is reached by its indicator alone. */
export const sampleResources: Resources = {
  identityResources: [scope('badge')],
  apiScopes: [scope('orders.read'), scope('orders.write'), scope('stock.read'), scope('vault.read')],
  apiResources: [
    api(ORDERS, ['orders.read', 'orders.write']),
    api(STOCK, ['stock.read']),
    api(VAULT, ['vault.read'], true),
  ],
};
