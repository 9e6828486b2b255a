import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createFakeUpstream, type FakeAnswer, offline } from './testing/fake-upstream.ts';

test('Two people whom an upstream gave one refresh token are not refreshed as one', async () => {
  const upstream = await createFakeUpstream();
  const { identity } = await upstream.visit();
  const ofJane = JSON.stringify({ refreshToken: 'rt-same', subject: 'j1' });
  const ofEve = JSON.stringify({ refreshToken: 'rt-same', subject: 'e1' });
  upstream.answers.set('/token', { access_token: 'at', id_token: await upstream.idToken({}) });
  const ask = (data: string) => upstream.refresher.refresh({ identity, data, scopes: offline });
  const [jane, eve] = await Promise.allSettled([ask(ofJane), ask(ofEve)]);
  expect(jane).toMatchObject({ status: 'fulfilled', value: { identity: { email: 'jane@example.com' } } });
  expect(eve).toMatchObject({ status: 'rejected', reason: { code: 'federation.user_gone' } });
});

test('RFC 6749 §6: a refresh keeps the upstream’s new refresh token, or the old one when there is none', async () => {
  const upstream = await createFakeUpstream();
  const { identity, data } = await upstream.visit();
  const refresh = (kept: string) => upstream.refresher.refresh({ identity, data: kept, scopes: offline });
  upstream.answers.set('/token', {
    access_token: 'at',
    refresh_token: 'rt-2',
    id_token: await upstream.idToken({ name: 'J' }),
  });
  const second = await refresh(data);
  expect(second.identity.username).toBe('J');
  expect(JSON.parse(second.data)).toEqual({ refreshToken: 'rt-2', subject: 'j1' });
  upstream.answers.set('/token', { access_token: 'at' });
  const third = await refresh(second.data);
  expect(third).toEqual({ identity, data: second.data });
  expect(Object.fromEntries(upstream.asked.at(-1)?.form ?? [])).toMatchObject({
    grant_type: 'refresh_token',
    refresh_token: 'rt-2',
  });
});

test('A refresh ends when the upstream refuses its token or answers about somebody else, and not when it is down', async () => {
  const upstream = await createFakeUpstream();
  const { identity, data } = await upstream.visit();
  const refresh = () => upstream.refresher.refresh({ identity, data, scopes: offline });
  upstream.answers.set('/token', { error: 'invalid_grant' });
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.user_gone', kind: 'not_found' });
  upstream.answers.set('/token', { access_token: 'at', id_token: await upstream.idToken({ sub: 'other' }) });
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.user_gone' });
  upstream.answers.set('/token', 'down');
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.upstream_unavailable' });
  upstream.answers.set('/token', { access_token: 'at', id_token: 'no token' });
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.upstream_misconfigured' });
});

test('Without an upstream refresh token nobody is asked and the person stays as they were', async () => {
  const upstream = await createFakeUpstream();
  const { identity, data } = await upstream.visit({ refresh_token: undefined });
  const before = upstream.asked.length;
  expect(data).toBe('');
  expect(await upstream.refresher.refresh({ identity, data, scopes: offline })).toEqual({ identity, data });
  expect(upstream.asked).toHaveLength(before);
});

test('Two refreshes at one time with one upstream refresh token make one upstream call', async () => {
  const upstream = await createFakeUpstream();
  const { identity, data } = await upstream.visit();
  const before = upstream.asked.length;
  const gate = Promise.withResolvers<FakeAnswer>();
  upstream.answers.set('/token', () => gate.promise);
  const both = Promise.all([1, 2].map(() => upstream.refresher.refresh({ identity, data, scopes: offline })));
  gate.resolve({ access_token: 'at', refresh_token: 'rt-2' });
  const [first, second] = await both;
  expect(upstream.asked).toHaveLength(before + 1);
  expect(first).toEqual(second);
  expect(first?.data).toContain('rt-2');
});

test('RFC 6749 §5.2: a client secret that the upstream does not know any more is read again from its file at once', async () => {
  await using folder = await createTempDirectory('client-secret');
  const clientSecretFile = join(folder.path, 'secret');
  await writeFile(clientSecretFile, 'old');
  const known = new Set(['old']);
  const upstream = await createFakeUpstream({ clientSecret: 'old', clientSecretFile, basicAuthUnsupported: true });
  const { identity, data } = await upstream.visit();
  const asked: string[] = [];
  upstream.answers.set('/token', async ({ form }): Promise<FakeAnswer> => {
    const secret = form?.get('client_secret') ?? '';
    asked.push(secret);
    return known.has(secret) ? { access_token: 'at' } : { error: 'invalid_client' };
  });
  const refresh = () => upstream.refresher.refresh({ identity, data, scopes: offline });
  known.clear();
  known.add('new');
  await expect(refresh()).rejects.toMatchObject({ code: 'federation.upstream_misconfigured' });
  await writeFile(clientSecretFile, 'new\n');
  expect((await refresh()).identity).toEqual(identity);
  expect(asked).toEqual(['old', 'old', 'new']);
});
