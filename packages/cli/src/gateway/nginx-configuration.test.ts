import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRouter, type RouteName, routeTable } from '@tessera/http';
import { freePort, startNginx, testConfig } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { defaultLimits, type GatewayOptions } from './gateway-options.ts';
import { composeGateway, generatedFiles, productionGateway } from './generated-files.ts';
import { clusterGateway } from './kubernetes/cluster-gateway.ts';
import { nginxConfiguration } from './nginx-configuration.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const nowhere = { authorize: ['127.0.0.1:1'], token: ['127.0.0.1:1'], keys: ['127.0.0.1:1'] };

test('The committed files of the gateways are those the route table makes', async () => {
  for (const { path, content } of generatedFiles()) {
    expect(await readFile(join(ROOT, path), 'utf8'), `${path}; run: npm run generate`).toBe(content);
  }
});

test('Only the public ports of public services stand in any of them', () => {
  for (const { path, content } of generatedFiles()) {
    expect([path, content.match(/9090|5558|grpc_pass|federation|storage|events:/)?.[0]]).toEqual([path, undefined]);
  }
});

/** What this machine and an older nginx do not have: names of containers, ports below 1024, directives. */
function local(given: GatewayOptions): string {
  const { resolver: _, ...options } = given;
  return nginxConfiguration({ ...options, listen: '127.0.0.1:1443', upstreams: nowhere, oldestNginx: '1.22' })
    .replace('/dev/stdout', '/dev/null')
    .replace(/listen 80\b/, 'listen 127.0.0.1:1080')
    .replace(/listen 5559;/, 'listen 127.0.0.1:1559;');
}

test('nginx accepts every configuration of the gateway', async () => {
  const variants: readonly GatewayOptions[] = [
    composeGateway,
    productionGateway,
    clusterGateway,
    { ...productionGateway, proxiesBefore: { networks: ['10.0.0.0/8', 'fd00::/8'], by: 'X-Forwarded-For' } },
    { ...productionGateway, proxiesBefore: { networks: ['10.0.0.0/8'], by: 'proxy_protocol' } },
    { ...composeGateway, basePath: '', limits: { ...defaultLimits, exempt: ['10.20.0.0/16', 'fd00::/64'] } },
    { ...composeGateway, basePath: '/a b"c\\d$e(f)', authority: '[::1]:5556' },
    { ...productionGateway, authority: `${'long-label-'.repeat(5)}x.${'b'.repeat(60)}.example.com` },
  ];
  for (const options of variants) {
    const { ok, output } = await testConfig(local(options));
    expect(output).toContain('syntax is ok');
    expect(output).not.toContain('[warn]');
    expect(ok).toBe(true);
  }
});

test('Plain HTTP that should lead to HTTPS needs the name of a host', () => {
  const { authority: _, ...nameless } = productionGateway;
  expect(() => nginxConfiguration(nameless)).toThrow('redirectFrom needs authority');
});

/** A gateway that names the service instead of calling it. */
async function startNaming(basePath: string) {
  const port = await freePort();
  const conf = nginxConfiguration({ listen: `127.0.0.1:${port}`, basePath, upstreams: nowhere });
  const naming = conf.replace(/proxy_pass http:\/\/(\w+);/g, 'return 200 "$1";');
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

test('Without a service behind it the gateway answers clients in JSON and people with a page', async () => {
  const port = await freePort();
  const conf = nginxConfiguration({ listen: `127.0.0.1:${port}`, basePath: '/dex', upstreams: nowhere });
  await using server = await startNginx({ conf, port });
  const token = await fetch(`${server.url}/dex/token`, { method: 'POST', body: new URLSearchParams({ code: 'x' }) });
  expect([token.status, token.headers.get('retry-after')]).toEqual([503, '1']);
  expect(token.headers.get('content-type')).toBe('application/json');
  expect(await token.json()).toMatchObject({ error: 'temporarily_unavailable' });
  const page = await fetch(`${server.url}/dex/auth`);
  expect(page.status).toBe(503);
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'content-type': 'text/html',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(await page.text()).toContain('<h1>One moment</h1>');
});
