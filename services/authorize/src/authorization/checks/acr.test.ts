import { expect, it } from 'vitest';
import { valid } from '../../testing/authorization-requests.ts';

it('IdentityServer: acr_values may name a connector, which counts where the client may use it', async () => {
  const acr_values = 'idp:other silver';
  expect(await valid({ acr_values })).toMatchObject({ connectorId: 'other', acrValues: ['silver'] });
  expect(await valid({ acr_values, client_id: 'ldap-only' })).toMatchObject({ connectorId: undefined });
  expect(await valid({ acr_values, connector_id: 'ldap' })).toMatchObject({ connectorId: 'ldap' });
});

it('IdentityServer: a tenant in acr_values is taken, is no class, and changes nothing', async () => {
  const { parameters: _parameters, asked: _asked, ...plain } = await valid({ acr_values: 'silver' });
  for (const acr_values of ['tenant:acme silver', 'silver tenant:', 'tenant:a silver tenant:b']) {
    expect(await valid({ acr_values })).toMatchObject(plain);
  }
});
