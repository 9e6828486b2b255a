import type { Client, Identity } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { claimsOf, createClient, createHarnessWith, type Harness, refreshForm } from '../../testing/harness.ts';
import { sampleResources } from '../../testing/sample-resources.ts';
import type { ExtensionGrant, ExtensionGrantOutcome } from './extension-grant.ts';

const NAME = 'urn:example:badge';
const jane: Identity = {
  userId: 'jane-1',
  username: 'Jane Doe',
  preferredUsername: 'jane',
  email: '',
  emailVerified: false,
  groups: [],
  claims: {},
};
const good: ExtensionGrantOutcome = {
  ok: true,
  subject: { connectorId: 'ldap', identity: jane },
  scopes: ['openid', 'orders.read'],
  amr: ['hwk'],
};

async function create(
  outcome: ExtensionGrantOutcome,
  changes: Partial<Client> = { settings: { grantTypes: [NAME, 'refresh_token'] } },
  admitsPublicClients = false,
): Promise<Harness> {
  const grant: ExtensionGrant = {
    admitsPublicClients,
    judge: async ({ form }) =>
      form.get('badge') === 'good' ? outcome : { ok: false, error: 'invalid_grant', description: 'No such badge.' },
  };
  const harness = await createHarnessWith({
    resources: sampleResources,
    options: { extensionGrants: new Map([[NAME, grant]]) },
  });
  await harness.service.ready();
  harness.clients.set('app', createClient('app', changes));
  return harness;
}

const form = { grant_type: NAME, badge: 'good' };

describe('an extension grant', () => {
  it('RFC 6749 §4.5: says whose the tokens are, and they stand and end as all others', async () => {
    const harness = await create(good);
    const answer = await harness.post('token', form);
    expect([answer.status, answer.body['scope']]).toEqual([200, 'openid orders.read']);
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(claimsOf(answer, 'id_token')['sub']).toBe(claimsOf(answer, 'access_token')['sub']);
    const [grant] = harness.storage.grants.values();
    expect(grant?.authorization.details).toEqual({ grantType: NAME, amr: ['hwk'] });
    const token = String(answer.body['access_token']);
    await harness.post('revocation', { token });
    expect((await harness.post('introspection', { token })).text).toBe('{"active":false}');
    expect((await harness.post('token', refreshForm(answer))).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('its refusal is told as it is', async () => {
    const answer = await (await create(good)).post('token', { ...form, badge: 'bad' });
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'No such badge.' },
    ]);
  });

  it('N36: a client has to name it among its grants', async () => {
    const harness = await create(good, {});
    expect((await harness.post('token', form)).body).toMatchObject({ error: 'unauthorized_client' });
  });

  it('public clients may use it only where it says so', async () => {
    const publicClient = { isPublic: true, settings: { grantTypes: [NAME] } };
    expect((await (await create(good, publicClient)).post('token', form)).body['error']).toBe('unauthorized_client');
    expect((await (await create(good, publicClient, true)).post('token', form)).status).toBe(200);
  });

  it('N37: what it grants is judged as any other request of the client', async () => {
    const granted = async (outcome: ExtensionGrantOutcome): Promise<unknown> =>
      (await (await create(outcome)).post('token', form)).body['error'];
    expect(await granted({ ...good, scopes: ['nothing'] })).toBe('invalid_scope');
    expect(await granted({ ...good, scopes: ['offline_access'] })).toBe('invalid_scope');
    expect(await granted({ ...good, resources: ['urn:nothing'] })).toBe('invalid_target');
    expect(await granted({ ...good, subject: { connectorId: 'nothing', identity: jane } })).toBe('invalid_grant');
    const nobody = { connectorId: 'ldap', identity: { ...jane, userId: '' } };
    expect(await granted({ ...good, subject: nobody })).toBe('invalid_grant');
  });

  it('RFC 6749 §4.5: its name is an absolute URI that is not ours', async () => {
    const judge = async (): Promise<ExtensionGrantOutcome> => good;
    for (const name of ['badge', 'password', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
      const extensionGrants = new Map([[name, { admitsPublicClients: false, judge }]]);
      await expect(createHarnessWith({ options: { extensionGrants } })).rejects.toThrow(RangeError);
    }
  });
});
