import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { shapes } from '../support/shapes.ts';
import { authorizationUrl } from '../support/sign-in.ts';
import { APP } from '../support/system-config.ts';

// What a request says of itself beside its path: through nginx to separate services, and to the process itself, which trusts
// no proxy here. What nginx does with it is tested in packages/cli/src/gateway.

interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Where on this machine the client is. */
  readonly localAddress?: string;
  /** Instead of the address's path. */
  readonly target?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function ask(
  address: string,
  { method = 'GET', headers = {}, body, localAddress, target }: Asked = {},
): Promise<Answer> {
  const url = new URL(address);
  const source = localAddress === undefined ? {} : { localAddress };
  return new Promise((resolve, reject) => {
    const path = target ?? `${url.pathname}${url.search}`;
    const options = { host: url.hostname, port: url.port, path, method, headers, agent: false, ...source };
    const request = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.once('error', reject);
    request.end(body);
  });
}

const evil = 'evil.example';
const lies: readonly OutgoingHttpHeaders[] = [
  { Host: evil },
  { 'X-Forwarded-Host': evil },
  {
    'X-Forwarded-Host': evil,
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Port': '8443',
    'X-Forwarded-Prefix': `/${evil}`,
  },
  { Forwarded: `for=203.0.113.9;host=${evil};proto=https` },
  { 'X-Original-URL': `/${evil}`, 'X-Rewrite-URL': `/${evil}` },
  { 'X-HTTP-Method-Override': 'POST' },
];

describe.each(shapes)('$name', ({ issuer }) => {
  const discovery = `${issuer}/.well-known/openid-configuration`;

  test('N60: no header, and no target in absolute form, changes what the issuer says of itself', async () => {
    const { body } = await ask(discovery);
    for (const headers of lies) expect([headers, (await ask(discovery, { headers })).body]).toEqual([headers, body]);
    const target = `http://${evil}${new URL(discovery).pathname}`;
    expect((await ask(discovery, { target })).body).toBe(body);
  });

  test('N60: nor where a browser is sent, what a page links to, or whose cookies are set', async () => {
    const address = authorizationUrl({ issuer }).href;
    for (const headers of lies) {
      const answer = await ask(address, { headers });
      expect([302, 303, 200]).toContain(answer.status);
      expect(JSON.stringify([answer.headers, answer.body])).not.toContain(evil);
    }
  });

  test('N61: who guesses a secret is slowed down whatever address it claims, and nobody else with it', async () => {
    const guess = (claimed: string): Promise<Answer> =>
      ask(`${issuer}/token`, {
        method: 'POST',
        localAddress: '127.0.0.61',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'X-Forwarded-For': claimed,
          'X-Real-IP': claimed,
          Forwarded: `for=${claimed}`,
          Authorization: `Basic ${Buffer.from(`${APP.id}:wrong`).toString('base64')}`,
        },
        body: 'grant_type=authorization_code&code=x',
      });
    const statuses: number[] = [];
    for (let each = 0; each < 25; each += 1) statuses.push((await guess(`203.0.113.${each}`)).status);
    expect(statuses).toContain(401);
    expect(statuses.at(-1)).toBe(429);
    for (const garbage of ['a', '', ',', '127.0.0.1', '::1', '203.0.113.1, a']) {
      expect([garbage, (await guess(garbage)).status]).toEqual([garbage, 429]);
    }
    const elsewhere = await ask(`${issuer}/token`, {
      method: 'POST',
      localAddress: '127.0.0.62',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Forwarded-For': '127.0.0.61',
        Authorization: `Basic ${Buffer.from(`${APP.id}:${APP.secret}`).toString('base64')}`,
      },
      body: 'grant_type=authorization_code&code=x',
    });
    expect([elsewhere.status, JSON.parse(elsewhere.body)]).toMatchObject([400, { error: 'invalid_grant' }]);
  });
});
