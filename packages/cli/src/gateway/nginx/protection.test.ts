import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { MAX_FORM_BYTES } from '@tessera/http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../testing/echo-service.ts';
import { type GatewayStage, startStage } from '../testing/gateway-stage.ts';
import { rawRequest, requestText } from '../testing/raw-request.ts';

let stage: GatewayStage;

beforeAll(async () => {
  stage = await startStage({
    authority: 'id.example.com:8443',
    accessLog: 'LOG',
    edit: (conf, directory) =>
      conf
        .replace('access_log LOG', `access_log ${directory}/access.log`)
        .replace(/client_(header|body)_timeout 10s/g, 'client_$1_timeout 1s'),
  });
});

afterAll(() => stage[Symbol.asyncDispose]());

const host = 'Host: id.example.com:8443';
const form = 'Content-Type: application/x-www-form-urlencoded';

function post(path: string, body: string) {
  return rawRequest(
    stage.port,
    requestText(`POST ${path} HTTP/1.1`, [host, form, `Content-Length: ${body.length}`]) + body,
  );
}

function reached(): number {
  return Object.values(stage.services).reduce((sum, { received }) => sum + received.length, 0);
}

describe('Sizes', () => {
  test('A body as large as services take reaches them whole, a larger one is refused with 413 as they would', async () => {
    const part = (each: number): string => `p${each}=`.padEnd(MAX_FORM_BYTES / 8 - (each === 7 ? 0 : 1), 'x');
    const largest = Array.from({ length: 8 }, (_, each) => part(each)).join('&');
    expect(largest.length).toBe(MAX_FORM_BYTES);
    const taken = await post('/dex/token', largest);
    expect(taken.status).toBe(200);
    expect((JSON.parse(taken.body) as Echo).form).toBe(largest);
    const before = reached();
    const refused = await post('/dex/token', `${largest}x`);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([413, 'application/json']);
    expect(JSON.parse(refused.body)).toMatchObject({ error: 'invalid_request' });
    const page = await post('/dex/auth', `${largest}x`);
    expect([page.status, page.headers.get('content-type')]).toEqual([413, 'text/html']);
    expect(reached()).toBe(before);
  });

  test('A body that does not say its size is bounded as well, and so is one where none belongs', async () => {
    const before = reached();
    const chunk = `${(8192).toString(16)}\r\n${'x'.repeat(8192)}\r\n`;
    const endless = `${requestText('POST /dex/token HTTP/1.1', [host, form, 'Transfer-Encoding: chunked'])}${chunk.repeat(9)}0\r\n\r\n`;
    expect((await rawRequest(stage.port, endless)).status).toBe(413);
    expect((await post('/dex/keys', 'x'.repeat(1_025))).status).toBe(413);
    expect(reached()).toBe(before);
  });

  test('RFC 6585 §5: headers and addresses beyond what services take get 431 and 414', async () => {
    const before = reached();
    const long = await rawRequest(stage.port, requestText(`GET /dex/auth?a=${'x'.repeat(33_000)} HTTP/1.1`, [host]));
    expect([long.status, long.headers.get('cache-control')]).toEqual([414, 'no-store']);
    const cookies = [`Cookie: a=${'x'.repeat(33_000)}`];
    const client = await rawRequest(stage.port, requestText('GET /dex/keys HTTP/1.1', [host, ...cookies]));
    expect([client.status, client.headers.get('content-type')]).toEqual([431, 'application/json']);
    const person = await rawRequest(
      stage.port,
      requestText('GET /dex/auth HTTP/1.1', [host, 'Accept: text/html,*/*', ...cookies]),
    );
    expect([person.status, person.headers.get('content-type')]).toEqual([431, 'text/html']);
    const many = Array.from({ length: 20 }, (_, each) => `X-H${each}: ${'x'.repeat(2_000)}`);
    expect((await rawRequest(stage.port, requestText('GET /dex/keys HTTP/1.1', [host, ...many]))).status).toBe(431);
    expect(reached()).toBe(before);
    const request = await rawRequest(stage.port, requestText(`GET /dex/auth?a=${'x'.repeat(30_000)} HTTP/1.1`, [host]));
    expect(request.status).toBe(200);
  });
});

describe('Slow clients', () => {
  test('A client that does not finish its headers, or says nothing, is left after the time for headers', async () => {
    const [trickle, silent] = await Promise.all([
      new Promise<number>((resolve) => {
        const startedMs = performance.now();
        const socket = connect(stage.port, '127.0.0.1');
        const timer = setInterval(() => socket.write('X-A: b\r\n'), 100);
        socket.on('error', () => undefined);
        socket.resume();
        socket.once('close', () => {
          clearInterval(timer);
          resolve(performance.now() - startedMs);
        });
        socket.write(`GET /dex/keys HTTP/1.1\r\n${host}\r\n`);
      }),
      rawRequest(stage.port, ''),
    ]);
    expect(trickle).toBeLessThan(4_000);
    expect(silent.elapsedMs).toBeLessThan(4_000);
  });

  test('A client that announces a body and does not send it is left, and no service waits with it', async () => {
    const before = reached();
    const text = requestText('POST /dex/token HTTP/1.1', [host, form, 'Content-Length: 10']);
    const answer = await rawRequest(stage.port, `${text}a=`);
    expect(answer.elapsedMs).toBeLessThan(4_000);
    expect([0, 408]).toContain(answer.status);
    expect(reached()).toBe(before);
  });
});

describe('Requests of two minds', () => {
  test('RFC 9112 §6.3: what could be read as two different requests is refused, and no service sees it', async () => {
    const before = reached();
    const smuggled = 'GET /dex/keys HTTP/1.1\r\nHost: x\r\n\r\n';
    const ambiguous: readonly (readonly string[])[] = [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Content-Length: 5'],
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Content-Length: 5, 5'],
      ['Content-Length: +5'],
      ['Content-Length: 0x5'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding: \x0bchunked'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding : chunked'],
    ];
    for (const headers of ambiguous) {
      const text = requestText('POST /dex/token HTTP/1.1', [host, form, ...headers]);
      const { status } = await rawRequest(stage.port, `${text}0\r\n\r\n${smuggled}`);
      expect([headers, status >= 400 && status < 600]).toEqual([headers, true]);
    }
    expect(reached()).toBe(before);
  });

  test('RFC 9112 §3.2: two hosts, or none, are refused', async () => {
    for (const headers of [[host, 'Host: evil.example'], [], ['Host: id.example.com/dex'], ['Host: a b']]) {
      const { status } = await rawRequest(stage.port, requestText('GET /dex/keys HTTP/1.1', headers));
      expect([headers, [400, 421].includes(status)]).toEqual([headers, true]);
    }
    expect([400, 421]).toContain((await rawRequest(stage.port, 'GET /dex/keys HTTP/1.0\r\n\r\n')).status);
  });

  test('A header with an underscore, which a service could take for another, is not passed on', async () => {
    const answer = await rawRequest(
      stage.port,
      requestText('GET /dex/keys HTTP/1.1', [host, 'X_Forwarded_For: 1.2.3.4', 'X-Kept: yes']),
    );
    const { headers } = JSON.parse(answer.body) as Echo;
    expect(headers['x-kept']).toBe('yes');
    expect(Object.keys(headers).filter((name) => name.includes('_'))).toEqual([]);
  });

  test('RFC 9110 §7.6.1: headers of the connection end at the gateway, and a client cannot have others dropped', async () => {
    const answer = await rawRequest(
      stage.port,
      `GET /dex/keys HTTP/1.1\r\n${host}\r\nConnection: close, X-Forwarded-For, X-Kept\r\nX-Kept: yes\r\nTE: trailers\r\nKeep-Alive: timeout=99\r\nUpgrade: h2c\r\nProxy-Connection: keep-alive\r\nTrailer: X-A\r\nProxy: http://evil.example\r\n\r\n`,
    );
    const { headers } = JSON.parse(answer.body) as Echo;
    expect(headers['x-kept']).toBe('yes');
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    for (const name of ['te', 'keep-alive', 'upgrade', 'proxy-connection', 'trailer', 'proxy']) {
      expect([name, headers[name]]).toEqual([name, undefined]);
    }
  });
});

describe('Hosts', () => {
  test('N60: only the issuer’s host is served, whatever its port and case; services are told the issuer’s alone', async () => {
    for (const own of ['id.example.com', 'ID.Example.com:8443', 'id.example.com:1', 'id.example.com.']) {
      const answer = await rawRequest(stage.port, requestText('GET /dex/keys HTTP/1.1', [`Host: ${own}`]));
      expect([own, answer.status]).toEqual([own, 200]);
      expect((JSON.parse(answer.body) as Echo).headers['host']).toBe('id.example.com:8443');
    }
    for (const other of [
      'evil.example',
      '127.0.0.1',
      'id.example.com.evil.example',
      'xid.example.com',
      '[::1]',
      'localhost',
    ]) {
      const answer = await rawRequest(stage.port, requestText('GET /dex/keys HTTP/1.1', [`Host: ${other}`]));
      expect([other, answer.status]).toEqual([other, 421]);
      expect(answer.body).toContain('This host is not served here.');
    }
  });

  test('RFC 9112 §3.2.2: of a target in absolute form the host counts, and only the path goes on', async () => {
    const ask = (target: string) => rawRequest(stage.port, requestText(`GET ${target} HTTP/1.1`, [host]));
    expect((await ask('http://id.example.com/dex/keys')).status).toBe(200);
    for (const target of [
      'http://evil.example/dex/keys',
      'http://127.0.0.1:5558/metrics',
      'ftp://x/',
      'file:///etc/passwd',
    ]) {
      const { status } = await ask(target);
      expect([target, [400, 421].includes(status)]).toEqual([target, true]);
    }
    const elsewhere = requestText('GET http://id.example.com/dex/keys HTTP/1.1', ['Host: evil.example']);
    const answer = await rawRequest(stage.port, elsewhere);
    expect((JSON.parse(answer.body) as Echo).headers['host']).toBe('id.example.com:8443');
  });

  test('A load balancer may ask by address how things are, and nothing else', async () => {
    const ask = (path: string) => rawRequest(stage.port, requestText(`GET ${path} HTTP/1.1`, ['Host: 10.0.0.7']));
    expect((await ask('/dex/healthz')).status).toBe(200);
    for (const path of ['/dex/healthz/', '/healthz', '/dex/healthzx', '/.gateway/421/client', '/dex/auth']) {
      const { status } = await ask(path);
      expect([path, [404, 421].includes(status)]).toEqual([path, true]);
    }
  });
});

test('HTTP/2 is not spoken where TLS is not, and a connection that begins so is closed', async () => {
  const session = connectHttp2(stage.url);
  const failed = await new Promise((resolve) => {
    session.once('error', resolve);
    session.once('remoteSettings', () => resolve('spoken'));
  });
  session.destroy();
  expect(failed).toBeInstanceOf(Error);
});
