import { beforeEach, describe, expect, it } from 'vitest';
import { createTestKey } from '../testing/fake-client-keys.ts';
import { PASSWORD, UPSTREAM_TOKEN } from '../testing/fake-federation.ts';
import {
  codeForm,
  createAuthorization,
  createClient,
  createHarnessWith,
  type Harness,
  ISSUER,
  refreshForm,
  SECRET,
} from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';
import { sampleResources } from '../testing/sample-resources.ts';
import { grantTypes } from './grant-types.ts';

const WORKLOADS = 'https://workloads.example.com';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const key = createTestKey('workloads');
let harness: Harness;

type Form = Readonly<Record<string, string>>;

/** A grant, and what becomes of a request with one thing wrong. Undefined = the grant does not know that fault. */
interface Row {
  readonly grantType: string;
  /** A request of the client `app` that is good. */
  good(): Promise<Form>;
  /** The parameter that is presented; undefined = there is none. */
  readonly credential?: string;
  /** A scope that there is not. */
  readonly wrongScope?: string;
  readonly otherClients?: string;
  readonly malformed?: string;
  readonly oversized?: string;
  readonly replayed?: string;
  /** After that many seconds. */
  readonly expired?: readonly [seconds: number, error: string];
  /** Faults that must not be told apart. */
  readonly alike?: readonly ('otherClients' | 'malformed' | 'oversized' | 'replayed' | 'expired')[];
}

async function deviceForm(): Promise<Form> {
  const answer = await harness.post('deviceAuthorization', {});
  const [device] = [...harness.storage.devices.values()].slice(-1);
  if (device === undefined) throw new Error(answer.text);
  const details = { grantType: grantTypes.deviceCode };
  const authorization = { ...createAuthorization(harness.clock.now()), redirectUri: '', details };
  harness.storage.codes.set(device.deviceId, { authorization, expiresAt: device.expiresAt });
  return { device_code: String(answer.body['device_code']) };
}

async function assertionForm(): Promise<Form> {
  const seconds = Math.floor(harness.clock.now().getTime() / 1000);
  const claims = { iss: WORKLOADS, sub: 'job-7', aud: ISSUER, exp: seconds + 60, jti: 'one' };
  return { assertion: key.sign(claims) };
}

const rows: readonly Row[] = [
  {
    grantType: grantTypes.authorizationCode,
    good: async () => codeForm(harness.putCode()),
    credential: 'code',
    otherClients: 'invalid_grant',
    malformed: 'invalid_grant',
    oversized: 'invalid_grant',
    replayed: 'invalid_grant',
    expired: [61, 'invalid_grant'],
    alike: ['otherClients', 'malformed', 'oversized', 'expired'],
  },
  {
    grantType: grantTypes.refreshToken,
    good: async () => refreshForm(await harness.signIn()),
    credential: 'refresh_token',
    wrongScope: 'invalid_scope',
    otherClients: 'invalid_grant',
    malformed: 'invalid_grant',
    oversized: 'invalid_grant',
    replayed: 'invalid_grant',
    expired: [601, 'invalid_grant'],
    alike: ['otherClients', 'malformed', 'oversized', 'replayed'],
  },
  { grantType: grantTypes.clientCredentials, good: async () => ({}), wrongScope: 'invalid_scope' },
  {
    grantType: grantTypes.password,
    good: async () => ({ username: 'jane', password: PASSWORD }),
    credential: 'password',
    wrongScope: 'invalid_scope',
    malformed: 'invalid_grant',
    oversized: 'invalid_grant',
    alike: ['malformed', 'oversized'],
  },
  {
    grantType: grantTypes.deviceCode,
    good: deviceForm,
    credential: 'device_code',
    otherClients: 'invalid_grant',
    malformed: 'invalid_grant',
    oversized: 'invalid_grant',
    replayed: 'invalid_grant',
    expired: [301, 'expired_token'],
    alike: ['otherClients', 'malformed', 'oversized', 'replayed'],
  },
  {
    grantType: grantTypes.tokenExchange,
    good: async () => ({
      subject_token: String((await harness.signIn()).body['access_token']),
      subject_token_type: ACCESS_TOKEN,
    }),
    credential: 'subject_token',
    wrongScope: 'invalid_scope',
    otherClients: 'invalid_request',
    malformed: 'invalid_request',
    oversized: 'invalid_request',
    expired: [3_601, 'invalid_request'],
    alike: ['otherClients', 'malformed', 'oversized', 'expired'],
  },
  {
    grantType: grantTypes.tokenExchange,
    good: async () => ({ connector_id: 'ldap', subject_token: UPSTREAM_TOKEN, subject_token_type: ACCESS_TOKEN }),
    credential: 'subject_token',
    wrongScope: 'invalid_scope',
    malformed: 'invalid_request',
    oversized: 'invalid_request',
    alike: ['malformed', 'oversized'],
  },
  {
    grantType: grantTypes.jwtBearer,
    good: assertionForm,
    credential: 'assertion',
    wrongScope: 'invalid_scope',
    otherClients: 'invalid_grant',
    malformed: 'invalid_grant',
    oversized: 'invalid_grant',
    replayed: 'invalid_grant',
    expired: [90, 'invalid_grant'],
    alike: ['otherClients', 'malformed', 'oversized', 'replayed', 'expired'],
  },
];

beforeEach(async () => {
  const trusted = { issuer: WORKLOADS, jwks: key.jwks, connectorId: 'ldap', clients: ['app'] };
  const rules = { disableRotation: false, reuseIntervalSeconds: 0, validIfNotUsedForSeconds: 0 };
  harness = await createHarnessWith({
    resources: sampleResources,
    expiry: { refreshTokens: { ...rules, absoluteLifetimeSeconds: 600 } },
    oauth2: { trustedIssuers: [trusted], passwordConnector: 'ldap' },
  });
});

const byApp = basicHeader('app', SECRET);
const byOther = basicHeader('other', 'other-secret');

type Fault = 'wrongScope' | 'otherClients' | 'malformed' | 'oversized' | 'replayed' | 'expired';

const faults: readonly Fault[] = ['wrongScope', 'otherClients', 'malformed', 'oversized', 'replayed', 'expired'];

/** A request that is good but for one thing. */
async function commit(fault: Fault, row: Row): Promise<TestAnswer> {
  const { grantType, credential = '' } = row;
  const form = { grant_type: grantType, ...(await row.good()) };
  const send = (more: Form = {}, headers: Form = byApp): Promise<TestAnswer> =>
    harness.post('token', { ...form, ...more }, headers);
  switch (fault) {
    case 'wrongScope':
      return send({ scope: 'nothing' });
    case 'otherClients':
      return send({}, byOther);
    case 'malformed':
      return send({ [credential]: 'tsr_tsc_tsd_ü.!' });
    case 'oversized':
      return send({ [credential]: 'x'.repeat(16_384) });
    case 'replayed':
      expect((await send()).status).toBe(200);
      return send();
    case 'expired':
      harness.clock.advance(row.expired?.[0] ?? 0);
      return send();
  }
}

/** The error of each fault that the grant knows. */
function expectations(row: Row): (readonly [fault: Fault, error: string])[] {
  return faults.flatMap((fault) => {
    const error = fault === 'expired' ? row.expired?.[1] : row[fault];
    return error === undefined ? [] : [[fault, error] as const];
  });
}

describe.each(rows.map((row) => [row.grantType.split(':').at(-1), row] as const))(
  'refusals of the grant %s',
  (_, row) => {
    it('a request with nothing wrong is answered', async () => {
      const answer = await harness.post('token', { grant_type: row.grantType, ...(await row.good()) });
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('access_token')]);
    });

    it.each(expectations(row))('RFC 6749 §5.2: %s is %s, and gives no token', async (fault, error) => {
      const answer = await commit(fault, row);
      expect([answer.status, answer.body['error']]).toEqual([400, error]);
      expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
    });

    it('N62: what must not be told apart is answered word by word alike', async () => {
      const texts = new Set<string>();
      for (const fault of row.alike ?? []) texts.add((await commit(fault, row)).text);
      expect(texts.size).toBe(row.alike === undefined ? 0 : 1);
    });

    it('N41: a client that is unknown, disabled or has another secret is invalid_client, and nothing is consumed', async () => {
      const form = { grant_type: row.grantType, ...(await row.good()) };
      harness.forget();
      const send = (headers: Form): Promise<TestAnswer> => harness.post('token', form, headers);
      const answers = [await send(basicHeader('nobody', SECRET)), await send(basicHeader('app', 'wrong'))];
      harness.clients.set('app', createClient('app', { isEnabled: false }));
      answers.push(await send(byApp));
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect(answers[0]).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
      expect([harness.storage.calls, harness.federation.logins, harness.federation.exchanges]).toEqual([[], [], []]);
    });

    it('N36: a client without the grant is unauthorized_client, and nothing is consumed', async () => {
      const form = { grant_type: row.grantType, ...(await row.good()) };
      harness.forget();
      harness.clients.set('app', createClient('app', { settings: { grantTypes: ['implicit'] } }));
      expect((await harness.post('token', form)).body).toMatchObject({ error: 'unauthorized_client' });
      expect(harness.storage.calls).toEqual([]);
    });

    it('RFC 6749 §3.2: any parameter of it twice is invalid_request, and nothing is consumed', async () => {
      const form = { grant_type: row.grantType, ...(await row.good()) };
      harness.forget();
      for (const [name, value] of Object.entries(form)) {
        const body = `${new URLSearchParams(form).toString()}&${new URLSearchParams({ [name]: value }).toString()}`;
        expect((await harness.post('token', body)).body).toMatchObject({
          error: 'invalid_request',
          error_description: 'A parameter was sent more than once.',
        });
      }
      expect(harness.storage.calls).toEqual([]);
    });

    it('RFC 6749 §5.2: a parameter that is missing is invalid_request', async () => {
      if (row.credential === undefined) return;
      const form = { grant_type: row.grantType, ...(await row.good()), [row.credential]: '' };
      expect((await harness.post('token', form)).body).toEqual({
        error: 'invalid_request',
        error_description: `The parameter ${row.credential} is missing.`,
      });
    });

    it('N96: what was presented stands in no log line, event or error', async () => {
      const answers: TestAnswer[] = [];
      for (const headers of [byApp, byOther]) {
        const form = {
          grant_type: row.grantType,
          ...(await row.good()),
          ...(row.credential && { [row.credential]: 'canary' }),
        };
        answers.push(await harness.post('token', { ...form, scope: 'canary' }, headers));
      }
      const seen = JSON.stringify([harness.logs, harness.events.recorded, answers.map(({ text }) => text)]);
      expect(seen).not.toContain('canary');
    });
  },
);
