import { createFakeClock } from '@tessera/clock';
import { createSecretRing } from '@tessera/credentials';
import { describe, expect, it } from 'vitest';
import { createFakeStorage } from '../testing/fake-storage.ts';
import { createClient } from '../testing/harness.ts';
import { createBrowserSessions } from './browser-sessions.ts';

const identity = {
  userId: 'jane',
  username: 'Jane',
  preferredUsername: 'jane',
  email: 'jane@example.com',
  emailVerified: true,
  groups: ['staff'],
  claims: { locale: 'de' },
};

function start(changes: { readonly enabled?: boolean } = {}) {
  const clock = createFakeClock();
  const storage = createFakeStorage(clock);
  const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(1)]]), 1);
  const client = createClient('app', { settings: { backchannelLogoutUri: 'https://app.example.com/logout' } });
  const sessions = createBrowserSessions({
    clock,
    storage: storage.port,
    clients: { find: (id) => (id === 'app' ? client : undefined) },
    subjectAt: (_client, subject) => subject,
    browserSecrets: { ring: () => ring },
    cookies: { path: '/dex', isSecure: false },
    config: {
      sessions: {
        enabled: true,
        cookieName: 'own',
        absoluteLifetimeSeconds: 1_000,
        validIfNotUsedForSeconds: 600,
        rememberMeCheckedByDefault: true,
        ssoSharedWithDefault: 'none',
        ...changes,
      },
    },
  });
  const begin = async (isRemembered = true) => {
    const session = await sessions.keep({
      sessionId: sessions.idFor('jane', undefined),
      clientId: 'app',
      connectorId: 'ldap',
      authentication: {
        identity,
        connectorData: Buffer.from('sealed'),
        authTime: clock.now(),
        amr: ['pwd'],
        acr: 'gold',
      },
      isRemembered,
      isAnswered: true,
      present: undefined,
    });
    if (session === undefined) throw new Error('no session');
    return session;
  };
  const requestWith = (cookie: string | undefined) => {
    const value = cookie?.slice(cookie.indexOf('=') + 1, cookie.indexOf(';'));
    return { cookie: (name: string) => (name === 'own' ? value : undefined) };
  };
  return { clock, storage, sessions, begin, requestWith };
}

describe('the sessions of browsers', () => {
  it('are found again as they were kept, by the cookie and by the id', async () => {
    const { sessions, begin, requestWith } = start();
    const session = await begin();
    const [cookie] = sessions.cookiesOf(session);
    expect(session.content).toMatchObject({ amr: ['pwd'], acr: 'gold', connectorData: Buffer.from('sealed') });
    expect(await sessions.find(requestWith(cookie))).toEqual(session);
    expect(await sessions.findById(session.id)).toEqual(session);
  });

  it('have two cookies, which live as long as the sign-in where the person wants that, and with the browser where not', async () => {
    const { sessions, begin, clock } = start();
    const remembered = await begin();
    clock.advance(400);
    expect(sessions.cookiesOf(remembered)).toEqual([
      expect.stringMatching(/^own=[\w-]{24}\.1\.[\w-]{44}; Path=\/dex; Max-Age=600; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(/^tessera_browser_state=[\w-]{22}; Path=\/dex; Max-Age=600; SameSite=Lax$/),
    ]);
    for (const cookie of sessions.cookiesOf(await begin(false))) expect(cookie).not.toContain('Max-Age');
    for (const cookie of sessions.forgettingCookies()) expect(cookie).toMatch(/^\w+=; Path=\/dex; Max-Age=0; /);
  });

  it('N53, N54: two sign-ins never share an id, and the states that scripts see differ', async () => {
    const { begin } = start();
    const [first, second] = [await begin(), await begin()];
    expect(first.id).not.toBe(second.id);
    expect(first.content.browserState).not.toBe(second.content.browserState);
  });

  it('end on the server, so that a cookie that was copied is worth nothing', async () => {
    const { sessions, storage, begin, requestWith } = start();
    const session = await begin();
    const [cookie] = sessions.cookiesOf(session);
    expect(await sessions.end(session, { reason: 'logout', revokesGrants: true })).toBe(true);
    expect(storage.sessions.ended).toEqual([{ id: session.id, reason: 'logout', revokesGrants: true }]);
    expect(storage.sessions.deliveries.size).toBe(1);
    expect(await sessions.find(requestWith(cookie))).toBeUndefined();
    expect(await sessions.touch(session, { id: 'other', via: 'sso' })).toBeUndefined();
  });

  it('a cookie that is not ours costs no call of storage', async () => {
    const { sessions, storage, requestWith } = start();
    expect(await sessions.find(requestWith(`own=${'a'.repeat(24)}.1.${'A'.repeat(44)};`))).toBeUndefined();
    expect(storage.calls).toEqual([]);
  });

  it('a record of another version of this server is no session', async () => {
    const { sessions, storage, begin } = start();
    const session = await begin();
    const kept = storage.sessions.sessions.get(session.id);
    if (kept === undefined) throw new Error('not kept');
    const payload = Buffer.from(JSON.stringify({ format: 2 }));
    storage.sessions.sessions.set(session.id, { ...kept, value: { ...kept.value, payload } });
    expect(await sessions.findById(session.id)).toBeUndefined();
  });

  it('are none while they are switched off', async () => {
    const on = start();
    const [cookie] = on.sessions.cookiesOf(await on.begin());
    const { sessions, storage, requestWith } = start({ enabled: false });
    expect(sessions.isEnabled).toBe(false);
    expect(await sessions.find(requestWith(cookie))).toBeUndefined();
    expect(storage.calls).toEqual([]);
  });
});
