import { createFakeClock } from '@tessera/clock';
import { createSecretRing } from '@tessera/credentials';
import { createFakeEventLog } from '@tessera/events';
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
  const events = createFakeEventLog();
  const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(1)]]), 1);
  const client = createClient('app', { settings: { backchannelLogoutUri: 'https://app.example.com/logout' } });
  const sessions = createBrowserSessions({
    clock,
    storage: storage.port,
    events,
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
  return { clock, storage, events, sessions, begin, requestWith };
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

  it('are on record with their sign-in or not at all, whose retry leaves one of each', async () => {
    const { storage, events, begin } = start();
    storage.failure = new Error('down');
    await expect(begin()).rejects.toThrow('down');
    expect(storage.sessions.events).toEqual([]);
    storage.failure = undefined;
    await begin();
    expect(storage.sessions.events.map(({ type }) => type)).toEqual(['sign_in.succeeded', 'session.started']);
    expect(events.recorded).toEqual([]);
  });

  it('that go on have the further sign-in on record before anything changes', async () => {
    const { clock, sessions, storage, events, begin } = start();
    const session = await begin();
    const again = {
      sessionId: session.id,
      clientId: 'app',
      connectorId: 'ldap',
      authentication: { identity, connectorData: Buffer.from('sealed'), authTime: clock.now(), amr: ['pwd'] },
      isRemembered: true,
      isAnswered: true,
      present: session,
    };
    events.failure = new Error('not on record');
    await expect(sessions.keep(again)).rejects.toThrow('not on record');
    expect(storage.calls).not.toContain('updateSession');
    events.failure = undefined;
    expect(await sessions.keep(again)).toMatchObject({ id: session.id, content: { signIns: 2 } });
    const data = { connectorId: 'ldap', clientId: 'app', userId: 'jane' };
    expect(events.recorded).toEqual([{ type: 'sign_in.succeeded', key: session.subject, data }]);
    await sessions.end(session, { reason: 'logout' });
    expect(await sessions.keep(again), 'ended meanwhile').toBeUndefined();
  });

  it('that go on keep what another tab noted meanwhile, and the sign-in is on record once', async () => {
    const { clock, sessions, storage, events, begin } = start();
    const present = await begin();
    await sessions.touch(present, { id: 'other', via: 'sso' });
    const authTime = clock.now();
    const kept = await sessions.keep({
      sessionId: present.id,
      clientId: 'app',
      connectorId: 'ldap',
      authentication: { identity, connectorData: Buffer.from('sealed'), authTime, amr: ['pwd'] },
      isRemembered: true,
      isAnswered: true,
      present,
    });
    expect(kept).toMatchObject({ id: present.id, version: 3, clientIds: ['app', 'other'], content: { signIns: 2 } });
    expect(storage.sessions.sessions.get(present.id)?.version).toBe(3);
    expect(events.recorded).toHaveLength(1);
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
