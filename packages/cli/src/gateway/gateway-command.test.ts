import { testConfig } from '@tessera/testkit';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from '../command-line/run-command.ts';
import { createFakeTerminal } from '../testing/fake-terminal.ts';

async function run(...args: readonly string[]) {
  const terminal = createFakeTerminal();
  const code = await runCommand(['gateway', ...args], terminal);
  return { code, out: terminal.stdout, err: terminal.stderr };
}

const ISSUER = 'https://id.example.com/realm';

describe('tessera gateway', () => {
  test('nginx takes the configuration of another issuer with everything that can be chosen', async () => {
    const { code, out } = await run(
      ...['nginx', '--issuer', ISSUER, '--listen', '127.0.0.1:1443', '--certificates', '/etc/tls'],
      ...['--redirect-from', '127.0.0.1:1080', '--probes', '127.0.0.1:1559', '--access-log', '/dev/null'],
      ...[
        '--upstream',
        'token=127.0.0.1:1,127.0.0.1:2',
        '--upstream',
        'keys=127.0.0.1:3',
        '--upstream',
        'authorize=[::1]:4',
      ],
      ...['--behind', '10.0.0.0/8', '--behind', 'fd00::/8', '--proxy-protocol'],
      ...['--limit', 'pages=7/70', '--connections', '9', '--exempt', '192.0.2.0/24'],
    );
    expect(code).toBe(0);
    const { ok, output } = await testConfig(out);
    expect(output).not.toContain('[warn]');
    expect(ok).toBe(true);
    for (const line of [
      'location = /realm/token {',
      'server 127.0.0.1:2 max_fails=0;',
      'server [::1]:4 max_fails=0;',
      'set_real_ip_from fd00::/8;',
      'listen 127.0.0.1:1443 ssl http2 proxy_protocol;',
      'return 308 https://id.example.com$request_uri;',
      'zone=pages:10m rate=7r/s;',
      'limit_req zone=pages burst=70 nodelay;',
      'limit_conn connections 9;',
      '192.0.2.0/24 1;',
    ]) {
      expect(out).toContain(line);
    }
  });

  test('Without further words it listens at the issuer’s port and finds services under their names', async () => {
    const { out } = await run('nginx', '--issuer', 'http://127.0.0.1:5556/dex', '--resolver', '127.0.0.11 valid=1s');
    for (const line of ['listen 5556;', 'server token:8080 max_fails=0 resolve;', 'resolver 127.0.0.11 valid=1s;']) {
      expect(out).toContain(line);
    }
    expect(out).toContain('rate=100r/s');
    expect((await run('nginx', '--issuer', ISSUER, '--no-limits')).out).not.toContain('limit_');
  });

  test('Gateway API and Ingress get the issuer’s host and path', async () => {
    const route = parse((await run('http-route', '--issuer', ISSUER, '--gateway', 'edge')).out) as { spec: unknown };
    expect(route.spec).toMatchObject({ hostnames: ['id.example.com'], parentRefs: [{ name: 'edge' }] });
    const { out } = await run('ingress', '--issuer', 'https://id.example.com');
    expect(parse(out)).toMatchObject({ spec: { ingressClassName: 'nginx', rules: [{ host: 'id.example.com' }] } });
    expect(out.match(/openid-configuration/g)).toHaveLength(1);
  });

  test('What could slip a directive into a configuration, and what is unknown, is refused', async () => {
    for (const args of [
      ['nginx'],
      ['nginx', '--issuer', 'id.example.com'],
      ['nginx', '--issuer', 'https://id.example.com/?a=b'],
      ['apache', '--issuer', ISSUER],
      ['nginx', 'ingress', '--issuer', ISSUER],
      ['nginx', '--issuer', ISSUER, '--listen', '80; server {'],
      ['nginx', '--issuer', ISSUER, '--upstream', 'token=a:1 backup'],
      ['nginx', '--issuer', ISSUER, '--upstream', 'storage=a:1'],
      ['nginx', '--issuer', ISSUER, '--upstream', 'token'],
      ['nginx', '--issuer', ISSUER, '--resolver', '127.0.0.1;'],
      ['nginx', '--issuer', ISSUER, '--behind', '{}'],
      ['nginx', '--issuer', ISSUER, '--proxy-protocol'],
      ['nginx', '--issuer', ISSUER, '--limit', 'pages=0/1'],
      ['nginx', '--issuer', ISSUER, '--limit', 'exempt=1/1'],
      ['nginx', '--issuer', ISSUER, '--connections', '0'],
      ['nginx', '--issuer', ISSUER, '--access-log', '/tmp/a b'],
    ]) {
      const { code, out, err } = await run(...args);
      expect([args, code, out]).toEqual([args, 2, '']);
      expect(err).not.toBe('');
    }
  });
});
