import { readFile } from 'node:fs/promises';
import { createRouter, type RouteName, routeTable } from '@tessera/http';
import { freePort, startNginx, testConfig } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { composeGateway } from './compose-gateway.ts';
import { nginxConfiguration } from './nginx-configuration.ts';

const nowhere = { authorize: ['127.0.0.1:1'], token: ['127.0.0.1:1'], keys: ['127.0.0.1:1'] };

test('The committed gateway configuration is the one the route table makes', async () => {
  const committed = await readFile(new URL('../../../../deploy/gateway/nginx.conf', import.meta.url), 'utf8');
  expect(committed, 'run: npm run generate').toBe(composeGateway());
});

test('nginx accepts the gateway configuration', async () => {
  // Names of the composition do not resolve here, and standard output is a socket, which cannot be opened by name.
  const local = composeGateway()
    .replace(/server (?:authorize|token|keys):/g, 'server 127.0.0.1:')
    .replace('/dev/stdout', '/dev/null');
  const { ok, output } = await testConfig(local);
  expect(output).toContain('syntax is ok');
  expect(ok).toBe(true);
});

/** A gateway that names the service instead of calling it. */
async function startNaming(basePath: string) {
  const port = await freePort();
  const conf = nginxConfiguration({ listen: `127.0.0.1:${port}`, basePath, upstreams: nowhere });
  const naming = conf.replace(/^ *error_page .*$/gm, '').replace(/proxy_pass http:\/\/(\w+);/g, 'return 200 "$1";');
  return startNginx({ conf: naming, port });
}

test('RFC 8414 §3.1: both forms reach the service whatever the issuer’s path has in it, and without a path there is one', async () => {
  for (const basePath of ['', '/tenants/a.b/v1', '/my%20realm/a;b$c', "/:x/(y)+[z]%7B1%7D~%22*'"]) {
    await using server = await startNaming(basePath);
    const route = createRouter(basePath, Object.keys(routeTable) as RouteName[]);
    const paths = [
      `${basePath}/.well-known/oauth-authorization-server`,
      `/.well-known/oauth-authorization-server${basePath}`,
      `${basePath}/.well-known/openid-configuration`,
      `/.well-known/openid-configuration${basePath}`,
      `${basePath}/keys`,
      `${basePath}/auth/ldap`,
      `${basePath.replace('.', 'x')}/auth/ldap`,
      `${basePath.replace(':x', 'x')}/keys`,
      `/other${basePath}/keys`,
      `/.well-known/openid-configuration/other`,
    ];
    for (const path of paths) {
      const response = await fetch(`${server.url}${path}`);
      const service = response.status === 404 ? undefined : await response.text();
      expect([path, service]).toEqual([path, route(new URL(path, server.url).pathname)?.spec.service]);
    }
  }
});

test('Each public path reaches its service, and a path the services do not know reaches none', async () => {
  await using server = await startNaming('/dex');
  const route = createRouter('/dex', Object.keys(routeTable) as RouteName[]);
  const paths = [
    '/dex',
    '/dex/',
    '/dex/token',
    '/dex/token/',
    '/dex/token/introspect',
    '/dex//token',
    '/dex/keys',
    '/dex/.well-known/openid-configuration',
    '/dex/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration/dex',
    '/.well-known/oauth-authorization-server/dex',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/dex/',
    '/.well-known/oauth-protected-resource/dex',
    '/dex/xwell-known/openid-configuration',
    '/dex/auth/ldap',
    '/dex/auth/ldap/login',
    '/dex/auth/a%2Fb',
    '/dex/auth/',
    '/dex/robotsxtxt',
    '/dex/healthz',
    '/token',
    '/',
  ];
  for (const path of paths) {
    const response = await fetch(`${server.url}${path}`);
    const service = response.status === 404 ? undefined : await response.text();
    expect([path, service]).toEqual([path, route(path)?.spec.service]);
  }
});

test('Without a service behind it the gateway answers clients in JSON and people with a page', async () => {
  const port = await freePort();
  const conf = nginxConfiguration({ listen: `127.0.0.1:${port}`, basePath: '/dex', upstreams: nowhere });
  await using server = await startNginx({ conf, port });
  const token = await fetch(`${server.url}/dex/token`, { method: 'POST', body: new URLSearchParams({ code: 'x' }) });
  expect([token.status, token.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await token.json()).toMatchObject({ error: 'temporarily_unavailable' });
  const page = await fetch(`${server.url}/dex/auth`);
  expect(page.status).toBe(503);
  expect(await page.text()).toContain('<h1>One moment</h1>');
});
