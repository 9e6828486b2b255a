import { createFakeClock } from '@tessera/clock';
import { describe, expect, it } from 'vitest';
import { createFakeStorage } from '../testing/fake-storage.ts';
import { createClient } from '../testing/harness.ts';
import { type EndSessionContext, endBrowserSession } from './end-session.ts';

const backchannelLogoutUri = 'https://rp.example.com/logout';
const clients = new Map(
  [
    createClient('told', { settings: { backchannelLogoutUri } }),
    createClient('pairwise', {
      settings: { backchannelLogoutUri, backchannelLogoutSessionRequired: false, subjectType: 'pairwise' },
    }),
    createClient('silent'),
    createClient('bound', { settings: { refreshTokens: { endWithSession: true } } }),
  ].map((client) => [client.id as string, client]),
);
const session = { id: 'session-1', subject: 'jane', clientIds: ['told', 'pairwise', 'silent', 'gone'] };

function start() {
  const clock = createFakeClock();
  const storage = createFakeStorage(clock);
  const told: number[] = [];
  const context: EndSessionContext = {
    clock,
    storage: storage.port,
    clients: { find: (id) => clients.get(id) },
    subjectAt: (client, subject) => (client.settings.subjectType === 'pairwise' ? `pairwise ${subject}` : subject),
    onLogoutDeliveries: () => void told.push(storage.sessions.deliveries.size),
  };
  return { clock, storage, told, context };
}

describe('the end of a session', () => {
  it('OIDC Back-Channel Logout §2.5: is kept for each client that can be told, before the session is gone', async () => {
    const { clock, storage, context, told } = start();
    await endBrowserSession(context, session, { reason: 'logout' });
    expect(storage.calls).toEqual(['putLogoutDeliveries', 'endSession']);
    const now = clock.now();
    const expiresAt = new Date(now.getTime() + 86_400_000);
    const common = { attempts: 0, dueAt: now, expiresAt, id: expect.stringMatching(/^[\w-]{43}$/) };
    expect([...storage.sessions.deliveries.values()]).toEqual([
      { ...common, clientId: 'told', subject: 'jane', sessionId: 'session-1' },
      { ...common, clientId: 'pairwise', subject: 'pairwise jane' },
    ]);
    expect(told).toEqual([2]);
  });

  it('ended twice is told once, and nobody is called where there is nobody to tell', async () => {
    const { storage, context, told } = start();
    await endBrowserSession(context, session, { reason: 'logout' });
    expect(await endBrowserSession(context, session, { reason: 'logout' })).toBe(false);
    expect(storage.sessions.deliveries.size).toBe(2);
    storage.calls.length = 0;
    await endBrowserSession(context, { ...session, clientIds: ['silent'] }, { reason: 'logout' });
    expect(storage.calls).toEqual(['endSession']);
    expect(told).toHaveLength(2);
  });

  it('revokes the grants of clients whose refresh tokens end with it, or all where that is asked for', async () => {
    const { storage, context } = start();
    await endBrowserSession(context, { ...session, clientIds: ['silent', 'bound', 'gone'] }, { reason: 'logout' });
    await endBrowserSession(context, { ...session, clientIds: ['bound'] }, { reason: 'gone', revokesGrants: true });
    expect(storage.sessions.asked).toEqual([
      { id: 'session-1', reason: 'logout', revokesGrants: false, revokesGrantsOfClients: ['bound'] },
      { id: 'session-1', reason: 'gone', revokesGrants: true },
    ]);
  });

  it('does not happen while what is to be told cannot be kept', async () => {
    const { storage, context } = start();
    storage.failure = new Error('down');
    await expect(endBrowserSession(context, session, { reason: 'logout' })).rejects.toThrow('down');
    expect(storage.calls).toEqual(['putLogoutDeliveries']);
  });
});
