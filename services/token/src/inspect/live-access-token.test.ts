import { describe, expect, it } from 'vitest';
import { createClient } from '../testing/harness.ts';
import { createIssueHarness } from '../testing/issue-harness.ts';

const asReference = createClient('app', { settings: { accessTokenType: 'reference' } });

describe.each([
  ['a JWT', createClient('app')],
  ['a reference token', asReference],
] as const)('%s', (_kind, client) => {
  it('RFC 7662 §2.2: stands as long as its end, its grant and its client do (N22, N38)', async () => {
    const harness = createIssueHarness();
    const token = (await harness.issue({}, client)).access_token;
    const inspect = () => harness.inspect(token, harness.clock.now());
    const [grantId = ''] = harness.storage.grants.keys();
    expect(await inspect()).toMatchObject({ token: { grantId, clientId: 'app' }, grant: { id: grantId } });

    harness.clients.set('app', { ...client, isEnabled: false });
    expect(await inspect()).toBeUndefined();
    harness.clients.set('app', client);
    expect(await inspect()).toBeDefined();

    harness.clock.advance(3599);
    expect(await inspect()).toBeDefined();
    harness.clock.advance(1);
    expect(await inspect()).toBeUndefined();

    const revoked = (await harness.issue({}, client)).access_token;
    for (const id of harness.storage.grants.keys()) await harness.storage.revokeGrant({ grantId: id, reason: 'test' });
    expect(await harness.inspect(revoked, harness.clock.now())).toBeUndefined();
  });

  it('N81: a changed one is refused without a call', async () => {
    const harness = createIssueHarness();
    const token = (await harness.issue({}, client)).access_token;
    harness.storage.calls.length = 0;
    for (const text of [`${token.slice(0, -4)}AAAA`, `${token}A`, token.slice(1), '']) {
      expect(await harness.inspect(text, harness.clock.now())).toBeUndefined();
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('N39: one that is not the caller’s business is nothing to them', async () => {
    const harness = createIssueHarness();
    const token = (await harness.issue({}, client)).access_token;
    const now = harness.clock.now();
    expect(await harness.inspect(token, now, ({ audiences }) => audiences.includes('other'))).toBeUndefined();
    expect(await harness.inspect(token, now, ({ audiences }) => audiences.includes('app'))).toBeDefined();
  });
});

it('RFC 6749 §4.4: a token without a grant stands by its signature, as long as its client does', async () => {
  const harness = createIssueHarness();
  const now = harness.clock.now();
  const request = { client: createClient('app'), scopes: [], resources: [], now };
  const token = (await harness.issuing.forClient(request)).access_token;
  expect(await harness.inspect(token, now)).toMatchObject({ token: { clientId: 'app' }, grant: undefined });
  harness.clients.set('app', createClient('app', { isEnabled: false }));
  expect(await harness.inspect(token, now)).toBeUndefined();
  expect(harness.storage.calls).toEqual([]);
});

it('N38: a reference token of a disabled client is over, whatever is asked of it', async () => {
  const harness = createIssueHarness();
  const token = (await harness.issue({}, asReference)).access_token;
  harness.clients.delete('app');
  expect(await harness.inspect(token, harness.clock.now())).toBeUndefined();
});
