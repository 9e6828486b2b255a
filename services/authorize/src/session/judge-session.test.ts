import { createFakeClock } from '@tessera/clock';
import type { Client } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createClient, passwordConnector } from '../testing/harness.ts';
import type { BrowserSession } from './browser-session.ts';
import { type JudgeContext, judgeSession, type SessionNeeds } from './judge-session.ts';
import type { ClientEntry } from './session-content.ts';

const clock = createFakeClock();
const secondsAgo = (seconds: number): Date => new Date(clock.now().getTime() - seconds * 1000);

function sessionOf(clients: Readonly<Record<string, ClientEntry>>, acr?: string): BrowserSession {
  return {
    id: 'session-1',
    subject: 'jane',
    connectorId: 'ldap',
    identity: {
      userId: 'jane',
      username: 'Jane',
      preferredUsername: 'jane',
      email: '',
      emailVerified: false,
      groups: [],
      claims: {},
    },
    authTime: secondsAgo(100),
    createdAt: secondsAgo(100),
    lastSeenAt: secondsAgo(10),
    expiresAt: secondsAgo(-100),
    clientIds: [],
    version: 1,
    content: {
      signIns: 1,
      amr: ['pwd'],
      ...(acr === undefined ? {} : { acr }),
      clients: new Map(Object.entries(clients).map(([id, via]) => [id, { via, authenticatedAt: secondsAgo(100) }])),
      isRemembered: true,
      connectorData: new Uint8Array(),
      browserState: 'state',
    },
  };
}

interface Surroundings {
  readonly clients?: readonly Client[];
  readonly sharedByDefault?: 'all' | 'none';
  readonly alwaysShowLoginScreen?: boolean;
  readonly connector?: Parameters<typeof passwordConnector>[1];
}

function contextOf({
  clients = [],
  sharedByDefault = 'none',
  alwaysShowLoginScreen = false,
  connector,
}: Surroundings = {}): JudgeContext {
  return {
    clock,
    config: { sessions: { ssoSharedWithDefault: sharedByDefault }, oauth2: { alwaysShowLoginScreen } },
    clients: { find: (id) => clients.find((client) => client.id === id) },
    connectors: { list: () => [passwordConnector('ldap', connector)] },
    subjectAt: (client, subject) => (client.settings.subjectType === 'pairwise' ? `pairwise ${subject}` : subject),
  };
}

function needs(changes: Partial<SessionNeeds> = {}): SessionNeeds {
  return {
    client: createClient('app'),
    connectorId: undefined,
    prompts: [],
    maxAgeSeconds: undefined,
    idTokenHint: undefined,
    claims: undefined,
    ...changes,
  };
}

const direct = sessionOf({ app: 'direct' });
const usable = { isUsable: true, via: 'direct' };
const refused = (refusal: string) => ({ isUsable: false, refusal });
const essentialAcr = (value: string) => ({ idToken: { acr: { essential: true, value } } });
const pairwise = createClient('app', { settings: { subjectType: 'pairwise' } });

describe('whether a session is good for a request', () => {
  it.each<[string, Partial<SessionNeeds>, Surroundings, object]>([
    ['Dex: the client the person signed in at', {}, {}, usable],
    ['alwaysShowLoginScreen', {}, { alwaysShowLoginScreen: true }, refused('screen-always-shown')],
    ['OIDC Core §3.1.2.1: prompt=login', { prompts: ['login'] }, {}, refused('prompt')],
    ['OIDC Core §3.1.2.1: prompt=select_account', { prompts: ['select_account'] }, {}, refused('prompt')],
    ['OIDC Core §3.1.2.1: prompt=create', { prompts: ['create'] }, {}, refused('prompt')],
    ['OIDC Core §3.1.2.1: prompt=consent needs no sign-in', { prompts: ['consent'] }, {}, usable],
    ['OIDC Core §3.1.2.1: prompt=none', { prompts: ['none'] }, {}, usable],
    ['N38: a connector that is gone', {}, { connector: { id: 'other' } }, refused('connector')],
    ['N38: a connector not for this grant', {}, { connector: { grantTypes: ['password'] } }, refused('connector')],
    [
      'N38: a connector the client may not use any more',
      { client: createClient('app', { allowedConnectors: ['google'] }) },
      {},
      refused('connector'),
    ],
    ['Dex: another connector is asked for', { connectorId: 'google' }, {}, refused('connector')],
    ['Dex: the same connector is asked for', { connectorId: 'ldap' }, {}, usable],
    ['N57: a hint for the same person', { idTokenHint: { subject: 'jane' } }, {}, usable],
    [
      'OIDC Core §5.5.1: one of several who would do',
      { idTokenHint: { subject: 'joe', alternatives: ['jane'] } },
      {},
      usable,
    ],
    [
      'OIDC Core §5.5.1: none of several who would do',
      { idTokenHint: { subject: 'joe', alternatives: ['eve'] } },
      {},
      refused('other-person'),
    ],
    ['N57: a hint for another person', { idTokenHint: { subject: 'eve' } }, {}, refused('other-person')],
    [
      'OIDC Core §8: a hint in the words of the client',
      { client: pairwise, idTokenHint: { subject: 'pairwise jane' } },
      {},
      usable,
    ],
    [
      'OIDC Core §8: a public subject for a pairwise client',
      { client: pairwise, idTokenHint: { subject: 'jane' } },
      {},
      refused('other-person'),
    ],
    ['N55: max_age, just young enough', { maxAgeSeconds: 100 }, {}, usable],
    ['N55: max_age, too old', { maxAgeSeconds: 99 }, {}, refused('too-old')],
    ['N55: max_age=0', { maxAgeSeconds: 0 }, {}, refused('too-old')],
    ['OIDC Core §5.5.1.1: an essential acr', { claims: essentialAcr('gold') }, {}, refused('acr')],
    [
      'OIDC Core §5.5.1: an acr that is only wished for',
      { claims: { idToken: { acr: { value: 'gold' } } } },
      {},
      usable,
    ],
  ])('%s', (_, changes, surroundings, verdict) => {
    expect(judgeSession(direct, needs(changes), contextOf(surroundings))).toEqual(verdict);
  });

  it('OIDC Core §5.5.1.1: an essential acr that the sign-in had', () => {
    const session = sessionOf({ app: 'direct' }, 'gold');
    expect(judgeSession(session, needs({ claims: essentialAcr('gold') }), contextOf())).toEqual(usable);
  });
});

describe('Dex: single sign-on from another client', () => {
  const source = (ssoSharedWith?: readonly string[], isEnabled = true): Client =>
    createClient('source', { isEnabled, settings: ssoSharedWith === undefined ? {} : { ssoSharedWith } });
  const viaSso = { isUsable: true, via: 'sso' };

  it.each<[string, Readonly<Record<string, ClientEntry>>, Surroundings, object]>([
    ['that shares with it', { source: 'direct' }, { clients: [source(['app'])] }, viaSso],
    ['that shares with all', { source: 'direct' }, { clients: [source(['*'])] }, viaSso],
    ['that shares by default', { source: 'direct' }, { clients: [source()], sharedByDefault: 'all' }, viaSso],
    ['that does not share by default', { source: 'direct' }, { clients: [source()] }, refused('not-shared')],
    [
      'that shares with none, whatever the default',
      { source: 'direct' },
      { clients: [source([])], sharedByDefault: 'all' },
      refused('not-shared'),
    ],
    ['that shares with another', { source: 'direct' }, { clients: [source(['else'])] }, refused('not-shared')],
    ['is not passed on', { source: 'sso' }, { clients: [source(['app'])] }, refused('not-shared')],
    ['that is gone', { source: 'direct' }, { sharedByDefault: 'all' }, refused('not-shared')],
    ['that is disabled', { source: 'direct' }, { clients: [source(['app'], false)] }, refused('not-shared')],
    ['ends with the sharing', { app: 'sso', source: 'direct' }, { clients: [source([])] }, refused('not-shared')],
  ])('%s', (_, clients, surroundings, verdict) => {
    expect(judgeSession(sessionOf(clients), needs(), contextOf(surroundings))).toEqual(verdict);
  });

  it('is one-way', () => {
    const context = contextOf({ clients: [source(['app']), createClient('app')] });
    const backwards = needs({ client: source(['app']) });
    expect(judgeSession(direct, backwards, context)).toEqual(refused('not-shared'));
  });
});
