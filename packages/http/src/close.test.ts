import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { createCertificateAuthority, waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { type HttpHandler, jsonResponse } from './index.ts';
import { openRaw, requestText, startBench } from './testing/http-bench.ts';

function gated() {
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const handler: HttpHandler = async () => {
    entered.resolve();
    await gate.promise;
    return jsonResponse(200, 'finished');
  };
  return { handler, entered: entered.promise, open: () => gate.resolve() };
}

test('RFC 9112 §9.6: a closing server lets the request in flight finish, and says that its connection ends', async () => {
  const slow = gated();
  const server = await startBench({ handlers: { jwks: slow.handler } });
  using idle = openRaw(server.port);
  idle.write(requestText('GET', '/nothing'));
  await idle.next();
  using busy = openRaw(server.port);
  busy.write(requestText('GET', '/keys'));
  await slow.entered;
  const closed = server.close(10_000);
  await idle.closed;
  await waitFor(
    () =>
      fetch(server.origin).then(
        () => false,
        () => true,
      ),
    { what: 'new connections to be refused' },
  );
  slow.open();
  const { body, headers } = await busy.next();
  expect([body, headers.get('connection')]).toEqual(['"finished"', 'close']);
  await busy.closed;
  await closed;
});

test('a request on a kept connection that crosses the beginning of a drain is served, and ends its connection', async () => {
  const handler: HttpHandler = async () => jsonResponse(200, 'served');
  const server = await startBench({ handlers: { jwks: handler } });
  using kept = openRaw(server.port);
  kept.write(requestText('GET', '/keys'));
  await kept.next();
  const closed = server.close(10_000);
  kept.write(requestText('GET', '/keys'));
  const { body, headers } = await kept.next();
  expect([body, headers.get('connection')]).toEqual(['"served"', 'close']);
  await closed;
});

test('a request that takes longer than the server may wait is cut off', async () => {
  const stuck = gated();
  const server = await startBench({ handlers: { jwks: stuck.handler } });
  using connection = openRaw(server.port);
  connection.write(requestText('GET', '/keys'));
  await stuck.entered;
  const startedMs = performance.now();
  await server.close(50);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  await connection.closed;
  stuck.open();
});

test('an address that is taken is the system’s error', async () => {
  await using server = await startBench({});
  await expect(startBench({ listen: `127.0.0.1:${server.port}` })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('N94: TLS below the configured version is refused, also after the certificate has changed', async () => {
  const authority = await createCertificateAuthority('test');
  const issue = async () => {
    const issued = await authority.issue({ commonName: 'x', dnsNames: ['localhost'], server: true });
    return { cert: issued.certPem, key: issued.keyPem, minVersion: 'TLSv1.3' } as const;
  };
  const first = await issue();
  const handler: HttpHandler = async () => jsonResponse(200, {});
  await using server = await startBench({ handlers: { jwks: handler }, tls: first });
  const handshake = (maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string>((resolve) => {
      const address = { host: '127.0.0.1', port: server.port, servername: 'localhost', ca: authority.caPem };
      const socket = connect({ ...address, maxVersion }, () => {
        resolve(`${socket.getProtocol()} ${socket.getPeerCertificate().serialNumber}`);
        socket.destroy();
      });
      socket.once('error', () => resolve('refused'));
    });
  const serialOf = ({ cert }: { readonly cert: string }): string => new X509Certificate(cert).serialNumber;
  expect([await handshake('TLSv1.3'), await handshake('TLSv1.2')]).toEqual([`TLSv1.3 ${serialOf(first)}`, 'refused']);
  const second = await issue();
  server.useTls(second);
  expect([await handshake('TLSv1.3'), await handshake('TLSv1.2')]).toEqual([`TLSv1.3 ${serialOf(second)}`, 'refused']);
  expect(() => server.useTls({ ...first, key: second.key })).toThrow();
  expect(await handshake('TLSv1.3')).toBe(`TLSv1.3 ${serialOf(second)}`);
});
