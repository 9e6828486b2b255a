import { randomUUID } from 'node:crypto';
import type { Grant } from '@tessera/contracts';
import { expect, it } from 'vitest';
import { createHarness, type Harness, refreshForm } from '../testing/harness.ts';

async function otherGrant(harness: Harness): Promise<Grant> {
  await harness.signIn();
  const [grant] = harness.storage.grants.values();
  if (grant === undefined) throw new Error('nobody signed in');
  return { ...grant, id: randomUUID() };
}

it('N21: a grant that another redemption was meant to get becomes nobody’s tokens', async () => {
  const harness = await createHarness();
  const grant = await otherGrant(harness);
  harness.storage.redeemCode = async () => ({ type: 'redeemed', grant });
  const answer = await harness.signIn();
  expect([answer.status, answer.body['error']]).toEqual([500, 'server_error']);
});

it.each(['rotated', 'upstream_first'] as const)(
  'N21: another grant as the answer to a refresh (%s) becomes nobody’s tokens, and nobody is asked about it',
  async (type) => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const grant = await otherGrant(harness);
    harness.storage.rotateRefreshToken = async () => ({ type, grant });
    const answer = await harness.post('token', refreshForm(first));
    expect([answer.status, answer.body['error']]).toEqual([500, 'server_error']);
    expect(harness.federation.calls).toEqual([]);
  },
);

it('N39: another grant as the answer to a look-up is not shown to the owner of a token', async () => {
  const harness = await createHarness();
  const first = await harness.signIn();
  const grant = await otherGrant(harness);
  harness.storage.findGrant = async () => grant;
  const answer = await harness.post('introspection', { token: String(first.body['access_token']) });
  expect([answer.status, answer.body['error']]).toEqual([500, 'server_error']);
});
