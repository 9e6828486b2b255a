import { expect, test } from 'vitest';
import { startApacheRelyingParty } from './apache.ts';
import { freePort } from './free-port.ts';
import { stillRunning } from './process-tree.ts';

test('Apache asks for a sign-in where the site is protected, stops with its workers, and starts again', async () => {
  const port = await freePort();
  await using server = await startApacheRelyingParty({
    port,
    directives: [
      'OIDCProviderMetadataURL http://127.0.0.1:9/.well-known/openid-configuration',
      'OIDCClientID app',
      `OIDCRedirectURI http://127.0.0.1:${port}/protected/callback`,
      'OIDCCryptoPassphrase passphrase-of-the-tests',
      'OIDCUnAuthAction 410',
    ],
  });
  expect(await (await fetch(`${server.url}/`)).text()).toContain('open to all');
  expect((await fetch(`${server.url}/protected/`)).status).toBe(410);
  const pids = await server.pids();
  expect(pids.length).toBeGreaterThanOrEqual(2);
  await server.stop();
  expect(await stillRunning(pids)).toEqual([]);
  await server.start();
  expect((await fetch(`${server.url}/`)).status).toBe(200);
});

test('A directive that does not exist is named by Apache', async () => {
  const starting = startApacheRelyingParty({ port: await freePort(), directives: ['OIDCUnheardOf on'] });
  await expect(starting).rejects.toThrow("Invalid command 'OIDCUnheardOf'");
});
