import { createFakeClock } from '@tessera/clock';
import type { Consent } from '@tessera/contracts';
import { type ClientSettings, createResourceModel, NO_RESOURCES, type ScopeDefinition } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createFakeStorage } from '../testing/fake-storage.ts';
import { createClient } from '../testing/harness.ts';
import { type ConsentContext, type ConsentNeeds, judgeConsent } from './judge-consent.ts';
import { rememberConsent } from './remember-consent.ts';

const API = 'https://api.example';
const scope = (name: string): ScopeDefinition => ({
  name,
  required: false,
  emphasize: false,
  showInDiscovery: true,
  claims: [],
  claimMappings: {},
});
const RESOURCES = {
  ...NO_RESOURCES,
  apiScopes: [scope('api.read')],
  apiResources: [{ name: API, scopes: ['api.read'], claims: [], secrets: [], requireResourceIndicator: false }],
};
const DAY = 86_400;
const scopes = ['openid', 'email'];

interface Surroundings {
  readonly settings?: ClientSettings;
  readonly skipApprovalScreen?: boolean;
  readonly consentLifetimeSeconds?: number;
  readonly remembered?: Partial<Consent>;
  readonly isPublic?: boolean;
}

function start({
  settings = {},
  skipApprovalScreen = false,
  consentLifetimeSeconds = 0,
  remembered,
  isPublic = false,
}: Surroundings) {
  const clock = createFakeClock();
  const storage = createFakeStorage(clock);
  const client = createClient('app', { settings, isPublic });
  const context: ConsentContext = {
    clock,
    storage: storage.port,
    resourceModel: createResourceModel(RESOURCES),
    config: { oauth2: { skipApprovalScreen, consentLifetimeSeconds } },
  };
  const grantedAt = new Date(clock.now().getTime() - DAY * 1000);
  if (remembered !== undefined) {
    storage.sessions.consents.set('jane app', { subject: 'jane', clientId: 'app', scopes, grantedAt, ...remembered });
  }
  const judge = (needs: Partial<ConsentNeeds> = {}) =>
    judgeConsent(
      context,
      { client, scopes, resources: [], redirectUri: 'https://app.example/cb', forcesApproval: false, ...needs },
      'jane',
    );
  const remember = (approved: readonly string[], asked: readonly string[] = approved) =>
    rememberConsent(context, { subject: 'jane', client, asked, approved });
  return { clock, storage, context, judge, remember, remembered: () => storage.sessions.consents.get('jane app') };
}

describe('whether a person is asked (OIDC Core §3.1.2.4)', () => {
  it.each<[string, Surroundings, Partial<ConsentNeeds>, string]>([
    ['nothing is remembered', {}, {}, 'ask'],
    ['it is remembered', { remembered: {} }, {}, 'remembered'],
    ['less is asked for than is remembered', { remembered: {} }, { scopes: ['openid'] }, 'remembered'],
    ['more is asked for than is remembered', { remembered: {} }, { scopes: [...scopes, 'groups'] }, 'ask'],
    ['OIDC Core §11: offline_access is not remembered', { remembered: {} }, { scopes: ['offline_access'] }, 'ask'],
    [
      'OIDC Core §11: offline_access is remembered',
      { remembered: { scopes: ['offline_access'] } },
      { scopes: ['offline_access'] },
      'remembered',
    ],
    ['OIDC Core §3.1.2.1: it is forced', { remembered: {} }, { forcesApproval: true }, 'ask'],
    ['it is forced where nobody is asked', { skipApprovalScreen: true }, { forcesApproval: true }, 'ask'],
    ['Dex: skipApprovalScreen', { skipApprovalScreen: true }, {}, 'unneeded'],
    ['ArkID: the client hides the page', { settings: { requireConsent: false } }, {}, 'unneeded'],
    [
      'the client asks although the issuer does not',
      { skipApprovalScreen: true, settings: { requireConsent: true } },
      {},
      'ask',
    ],
    [
      'the client does not let it be remembered',
      { settings: { allowRememberConsent: false }, remembered: {} },
      {},
      'ask',
    ],
    ['RFC 8252 §8.6: it is a public client at an https address', { isPublic: true, remembered: {} }, {}, 'remembered'],
    ...['http://127.0.0.1:8080/cb', 'http://[::1]/cb', 'com.example.app:/cb', 'http://app.example/cb'].map(
      (redirectUri): [string, Surroundings, Partial<ConsentNeeds>, string] => [
        `RFC 8252 §8.6: nothing proves that it is the application at ${redirectUri}`,
        { isPublic: true, remembered: {} },
        { redirectUri },
        'ask',
      ],
    ),
    [
      'RFC 8252 §8.6: the configuration says all the same that it is remembered',
      { isPublic: true, settings: { allowRememberConsent: true }, remembered: {} },
      { redirectUri: 'com.example.app:/cb' },
      'remembered',
    ],
    [
      'RFC 8252 §8.6: a secret proves it',
      { remembered: {} },
      { redirectUri: 'http://127.0.0.1:8080/cb' },
      'remembered',
    ],
    [
      'RFC 8707 §2: an API is asked for that nobody agreed to a scope of',
      { remembered: {} },
      { resources: [API] },
      'ask',
    ],
    [
      'RFC 8707 §2: an API is asked for with its scope, which is remembered',
      { remembered: { scopes: ['openid', 'api.read'] } },
      { scopes: ['openid', 'api.read'], resources: [API] },
      'remembered',
    ],
    ["the client's lifetime is over", { settings: { consentLifetimeSeconds: DAY }, remembered: {} }, {}, 'ask'],
    [
      "the client's lifetime is not over",
      { settings: { consentLifetimeSeconds: DAY + 1 }, remembered: {} },
      {},
      'remembered',
    ],
    ["the issuer's lifetime is over", { consentLifetimeSeconds: DAY, remembered: {} }, {}, 'ask'],
    [
      'the client says until withdrawn, whatever the issuer does',
      { consentLifetimeSeconds: 1, settings: { consentLifetimeSeconds: 0 }, remembered: {} },
      {},
      'remembered',
    ],
    ['its own end is over', { remembered: { expiresAt: new Date(0) } }, {}, 'ask'],
    [
      'OIDC Core §5.5: a claim beyond the scopes is asked for',
      { remembered: {} },
      { claims: { userinfo: { phone_number: {} } } },
      'ask',
    ],
    [
      'OIDC Core §5.5: claims of the scopes and of the protocol are asked for',
      { remembered: {} },
      { claims: { userinfo: { email: {} }, idToken: { auth_time: {}, sub: {}, acr: {} } } },
      'remembered',
    ],
  ])('%s', async (_, surroundings, needs, verdict) => {
    expect(await start(surroundings).judge(needs)).toBe(verdict);
  });

  it('storage is asked only where the answer depends on it', async () => {
    const { judge, storage } = start({ skipApprovalScreen: true });
    await judge();
    await judge({ forcesApproval: true });
    expect(storage.calls).toEqual([]);
  });
});

describe('what is remembered', () => {
  it('is what was approved, with what was not asked for now, until it is withdrawn', async () => {
    const { remember, remembered, clock } = start({ remembered: { scopes: ['openid', 'email', 'groups'] } });
    await remember(['openid', 'profile'], ['openid', 'profile', 'email']);
    expect(remembered()).toEqual({
      subject: 'jane',
      clientId: 'app',
      scopes: ['openid', 'profile', 'groups'],
      grantedAt: clock.now(),
    });
  });

  it('has an end where one is configured, and then nothing of before lives on', async () => {
    const { remember, remembered, clock } = start({ consentLifetimeSeconds: DAY, remembered: { scopes: ['groups'] } });
    await remember(['openid']);
    const expiresAt = new Date(clock.now().getTime() + DAY * 1000);
    expect(remembered()).toMatchObject({ scopes: ['openid'], expiresAt });
  });

  it('does not prolong what had an end', async () => {
    const { remember, remembered, clock } = start({});
    const expiresAt = new Date(clock.now().getTime() + 1000);
    await remember(['openid']);
    const { remembered: later, remember: again } = start({ remembered: { scopes: ['groups'], expiresAt } });
    await again(['openid']);
    expect([remembered()?.scopes, later()?.scopes]).toEqual([['openid'], ['openid']]);
  });
});
