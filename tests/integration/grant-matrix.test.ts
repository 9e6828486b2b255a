import { waitFor } from '@tessera/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  DISABLED,
  EVERY_GRANT,
  NEIGHBOUR,
  NO_GRANT,
  ORDERS,
  SHORT_LIFETIME_SECONDS,
  SHORT_LIVED,
  signAssertion,
} from '../support/grant-clients.ts';
import {
  assertionClaims,
  createGrantRequests,
  type Form,
  type GrantName,
  type GrantRequests,
} from '../support/grant-requests.ts';
import { shapes } from '../support/shapes.ts';
import type { ClientCredentials } from '../support/sign-in.ts';

/** What a grant says to what is wrong with it alone. Left out: it does not know that fault. */
interface Row {
  readonly grant: GrantName;
  /** The parameter that is presented. */
  readonly credential?: string;
  /** To every credential that is not one of this client's, whatever is wrong with it. */
  readonly notItsOwn?: string;
  /** To a credential that was used before. */
  readonly replayed?: string;
  /** Whether that sounds as if it had never been one. */
  readonly isReplayAlike?: boolean;
  /** To one whose time is over. */
  readonly expired?: string;
  /** Whether that sounds as if it had never been one. */
  readonly isExpiryAlike?: boolean;
  /** Whether a scope may be asked for. */
  readonly takesScope: boolean;
  /** Whether asking for a resource that was not granted uses the credential up. */
  readonly isUsedUpByTarget?: boolean;
}

const ROWS: readonly Row[] = [
  {
    grant: 'authorization_code',
    credential: 'code',
    notItsOwn: 'invalid_grant',
    replayed: 'invalid_grant',
    expired: 'invalid_grant',
    isExpiryAlike: true,
    takesScope: false,
    isUsedUpByTarget: true,
  },
  {
    grant: 'refresh_token',
    credential: 'refresh_token',
    notItsOwn: 'invalid_grant',
    replayed: 'invalid_grant',
    isReplayAlike: true,
    expired: 'invalid_grant',
    takesScope: true,
  },
  { grant: 'client_credentials', takesScope: true },
  { grant: 'password', credential: 'password', notItsOwn: 'invalid_grant', takesScope: true },
  {
    grant: 'device_code',
    credential: 'device_code',
    notItsOwn: 'invalid_grant',
    replayed: 'invalid_grant',
    isReplayAlike: true,
    expired: 'expired_token',
    takesScope: false,
    isUsedUpByTarget: true,
  },
  {
    grant: 'token-exchange',
    credential: 'subject_token',
    notItsOwn: 'invalid_request',
    expired: 'invalid_request',
    isExpiryAlike: true,
    takesScope: true,
  },
  {
    grant: 'jwt-bearer',
    credential: 'assertion',
    notItsOwn: 'invalid_grant',
    replayed: 'invalid_grant',
    isReplayAlike: true,
    takesScope: true,
  },
];

/** A request with one thing wrong, and what is said to it. Faults of one `alike` are not told apart. */
interface Fault {
  readonly what: string;
  readonly client?: ClientCredentials;
  readonly body: string;
  readonly query?: string;
  readonly status: number;
  readonly error: string;
  readonly alike?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const encode = (form: Form): string => new URLSearchParams(form).toString();
const without = (form: Form, name: string): Form =>
  Object.fromEntries(Object.entries(form).filter(([key]) => key !== name));

/** RFC 6749 §5.2 and §3.2.1, N41: who asks is looked at before what is asked. */
function faultsOfClients(form: Form): readonly Fault[] {
  const body = encode(form);
  const refused = { body, status: 401, error: 'invalid_client' };
  const { secret } = EVERY_GRANT;
  return [
    { ...refused, what: 'an unknown client', client: { id: 'nobody', secret }, alike: 'client' },
    { ...refused, what: 'a wrong secret', client: { ...EVERY_GRANT, secret: 'wrong' }, alike: 'client' },
    { ...refused, what: 'a secret of another', client: { ...EVERY_GRANT, secret: NEIGHBOUR.secret }, alike: 'client' },
    { ...refused, what: 'an oversized secret', client: { ...EVERY_GRANT, secret: 'x'.repeat(8_000) }, alike: 'client' },
    { ...refused, what: 'a disabled client', client: DISABLED, alike: 'client' },
    { ...refused, what: 'no secret', client: { id: EVERY_GRANT.id }, alike: 'public' },
    { ...refused, what: 'an unknown public client', client: { id: 'nobody' }, alike: 'public' },
    { ...refused, what: 'a disabled client without its secret', client: { id: DISABLED.id }, alike: 'public' },
    { body, what: 'a client without the grant', client: NO_GRANT, status: 400, error: 'unauthorized_client' },
  ];
}

/** RFC 6749 §3.1 and §3.2: what is malformed whatever the grant. */
function faultsOfForms(form: Form): readonly Fault[] {
  const body = encode(form);
  const refused = { status: 400, error: 'invalid_request' };
  const names = Object.keys(form);
  return [
    ...names.map((name) => ({
      ...refused,
      what: `${name} twice`,
      body: `${body}&${encode({ [name]: form[name] ?? '' })}`,
    })),
    ...names
      .filter((name) => !['redirect_uri', 'scope'].includes(name))
      .flatMap((name) => [
        { ...refused, what: `no ${name}`, body: encode(without(form, name)), alike: `no ${name}` },
        { ...refused, what: `an empty ${name}`, body: encode({ ...form, [name]: '' }), alike: `no ${name}` },
      ]),
    { ...refused, what: 'a malformed body', body: `${body}&state=%zz` },
    { ...refused, what: 'a NUL', body: `${body}&state=%00` },
    { ...refused, what: 'a body that is not UTF-8', body: `${body}&state=%ff%fe` },
    { ...refused, what: 'parameters in the address', body: '', query: `?${body}` },
    { ...refused, what: 'an oversized body', body: `${body}&state=${'x'.repeat(70_000)}`, status: 413 },
    {
      what: 'an unknown grant',
      body: encode({ ...form, grant_type: 'x' }),
      status: 400,
      error: 'unsupported_grant_type',
    },
  ];
}

/** RFC 6749 §3.3 and RFC 8707 §2: what is asked for is judged before a credential is looked at, where that uses it up. */
function faultsOfAccess(row: Row, form: Form): readonly Fault[] {
  const scopes = row.takesScope ? ['nothing', 'openid nothing', '"', 'x'.repeat(16_384)] : [];
  const resources =
    row.isUsedUpByTarget === true ? [] : ['https://nowhere.example', 'orders', 'https://orders.example#x'];
  const audiences = row.grant === 'token-exchange' ? ['nowhere', NEIGHBOUR.id] : [];
  return [
    ...scopes.map((scope) => fault('scope', scope, 'invalid_scope')),
    ...resources.map((resource) => fault('resource', resource, 'invalid_target')),
    ...audiences.map((audience) => fault('audience', audience, 'invalid_target')),
  ];
  function fault(name: string, value: string, error: string): Fault {
    const what = `the ${name} ${value.slice(0, 40)}`;
    return { what, body: encode({ ...form, [name]: value }), status: 400, error };
  }
}

/** N21, N25, N62: whose it is, and whether it ever was one, is not told. */
async function faultsOfCredentials(row: Row, form: Form, issuer: string): Promise<readonly Fault[]> {
  const { credential, notItsOwn, grant } = row;
  if (credential === undefined || notItsOwn === undefined) return [];
  const value = form[credential] ?? '';
  const middle = Math.floor(value.length / 2);
  const altered = `${value.slice(0, middle)}${value[middle] === 'A' ? 'B' : 'A'}${value.slice(middle + 1)}`;
  const refused = { status: 400, error: notItsOwn, alike: 'credential' };
  const values = {
    altered,
    cut: value.slice(0, -2),
    malformed: 'tsr_tsc_tsd_ü.!',
    unsigned: 'eyJhbGciOiJub25lIn0.e30.',
    oversized: 'x'.repeat(16_384),
    ...(grant === 'jwt-bearer' ? await assertions(issuer) : {}),
  };
  return [
    ...Object.entries(values).map(([what, one]) => ({
      ...refused,
      what: `${credential} ${what}`,
      body: encode({ ...form, [credential]: one }),
    })),
    grant === 'password'
      ? { ...refused, what: 'an unknown person', body: encode({ ...form, username: 'nobody@example.com' }) }
      : { ...refused, what: `${credential} of another client`, body: encode(form), client: NEIGHBOUR },
  ];
}

/** RFC 7523 §3: assertions with a good signature that are refused. */
async function assertions(issuer: string): Promise<Readonly<Record<string, string>>> {
  const good = assertionClaims(issuer);
  const changes = {
    'of an unknown issuer': { iss: 'https://nowhere.example' },
    'of nobody': { sub: undefined },
    'for another audience': { aud: 'https://nowhere.example' },
    'for one more audience': { aud: [issuer, 'https://nowhere.example'] },
    'that has expired': { exp: 1 },
    'without an end': { exp: undefined },
    'not good yet': { nbf: Number(good['exp']) + 600 },
    'with an oversized subject': { sub: 'x'.repeat(4_096) },
  };
  const signed = Object.entries(changes).map(async ([what, claims]) => [
    what,
    await signAssertion({ ...good, ...claims }),
  ]);
  return Object.fromEntries(await Promise.all(signed)) as Readonly<Record<string, string>>;
}

describe.each(shapes)('$name', ({ issuer }) => {
  const requests: GrantRequests = createGrantRequests(issuer);
  /** Made at first, so that their time passes meanwhile. */
  const brief = { forms: new Map<GrantName, Form>(), endsAtMs: 0 };
  beforeAll(async () => {
    for (const { grant, expired } of ROWS) {
      if (expired !== undefined) brief.forms.set(grant, await requests.form(grant, SHORT_LIVED));
    }
    // Times in tokens are whole seconds.
    brief.endsAtMs = Date.now() + 1_000 * (SHORT_LIFETIME_SECONDS + 1);
  });

  async function send(body: string, client: ClientCredentials = EVERY_GRANT, query = ''): Promise<Answer> {
    const { id, secret } = client;
    const basic = secret === undefined ? undefined : `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const response = await fetch(`${issuer}/token${query}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(basic === undefined ? {} : { authorization: basic }),
      },
      body: basic === undefined ? `${body}&${encode({ client_id: id })}` : body,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Answer['body'] };
  }

  /** Commits the faults, and expects what is said to each. */
  async function expectRefusals(faults: readonly Fault[], secrets: readonly string[]): Promise<void> {
    const words = new Map<string, string>();
    for (const { what, body, client, query, status, error, alike } of faults) {
      const answer = await send(body, client, query);
      expect([what, answer.status, answer.body['error']]).toEqual([what, status, error]);
      expectPlainRefusal(what, answer, secrets);
      if (alike === undefined) continue;
      const said = wordsOf(answer);
      expect(`${what}: ${said}`).toBe(`${what}: ${words.get(alike) ?? said}`);
      words.set(alike, said);
    }
  }

  test.each(ROWS)(
    'RFC 6749 §5.2, N38, N62: $grant refuses what is wrong in the words of the protocol, alike where it must be, and nothing is used up',
    async (row) => {
      const form = await requests.form(row.grant, EVERY_GRANT);
      if (row.grant === 'device_code') await requests.agree();
      const presented = row.credential === undefined ? [] : [form[row.credential] ?? ''];
      const ofCredentials = await faultsOfCredentials(row, form, issuer);
      const faults = [...faultsOfClients(form), ...faultsOfForms(form), ...faultsOfAccess(row, form), ...ofCredentials];
      await expectRefusals(faults, row.grant === 'password' ? [] : presented);

      const good = await send(encode(form));
      expect([good.status, good.text]).toEqual([200, expect.stringContaining('access_token')]);
      if (row.replayed === undefined) return;
      const { replayed, isReplayAlike = false } = row;
      const again = { what: 'replayed', body: encode(form), status: 400, error: replayed };
      await expectRefusals(
        [...(isReplayAlike ? ofCredentials : []), isReplayAlike ? { ...again, alike: 'credential' } : again],
        presented,
      );
      const successor = good.body['refresh_token'];
      if (typeof successor !== 'string') return;
      const next = await send(encode({ grant_type: 'refresh_token', refresh_token: successor }));
      expect([next.status, next.body['error']]).toEqual([400, 'invalid_grant']);
    },
  );

  test.each(ROWS.filter(({ isUsedUpByTarget }) => isUsedUpByTarget))(
    'RFC 8707 §2.2: $grant for a resource that was not granted is refused, and gone',
    async ({ grant, notItsOwn = '' }) => {
      const form = await requests.form(grant, EVERY_GRANT);
      if (grant === 'device_code') await requests.agree();
      const body = encode({ ...form, resource: ORDERS.resource });
      await expectRefusals(
        [{ what: 'another resource', body, status: 400, error: 'invalid_target' }],
        Object.values(form),
      );
      await expectRefusals([{ what: 'again', body: encode(form), status: 400, error: notItsOwn }], []);
    },
  );

  test.each(ROWS.filter(({ expired }) => expired !== undefined))(
    'RFC 6749 §4.1.2 and §6, RFC 8628 §3.5: $grant refuses what has expired',
    async ({ grant, credential = '', expired = '', isExpiryAlike = false }) => {
      await waitFor(() => Date.now() > brief.endsAtMs, { what: 'all of them to be over' });
      const form = brief.forms.get(grant) ?? {};
      const refused = { client: SHORT_LIVED, status: 400, error: expired, ...(isExpiryAlike && { alike: 'expired' }) };
      const over = { ...refused, what: 'expired', body: encode(form) };
      const forged = { ...refused, what: 'forged', body: encode({ ...form, [credential]: 'x' }) };
      await expectRefusals(isExpiryAlike ? [over, forged] : [over], [form[credential] ?? '']);
    },
  );
});

/** RFC 6749 §5.1 and §5.2, N96: JSON that no cache keeps, which repeats nothing and gives nothing. */
function expectPlainRefusal(what: string, { status, headers, text, body }: Answer, secrets: readonly string[]): void {
  expect([what, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    what,
    'application/json',
    'no-store',
  ]);
  expect([what, Object.keys(body)]).toEqual([what, ['error', 'error_description']]);
  expect(body['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(status === 401 || !headers.has('www-authenticate')).toBe(true);
  expect(text).not.toMatch(/eyJ|ts[a-z]_|x{20}|nowhere|node:|\.ts:/);
  for (const secret of secrets) expect(text).not.toContain(secret);
}

/** Everything of an answer that could tell it from another, but for when and under which number it was given. */
function wordsOf({ status, headers, text }: Answer): string {
  const named = [...headers].filter(
    ([name]) => !['date', 'x-request-id', 'traceparent', 'connection', 'keep-alive'].includes(name),
  );
  return JSON.stringify([status, named, text]);
}
