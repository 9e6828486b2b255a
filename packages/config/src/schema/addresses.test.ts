import { describe, expect, test } from 'vitest';
import {
  cidrFault,
  dialAddressFault,
  httpUrlFault,
  isLoopbackHost,
  joinHostPort,
  listenAddressFault,
  splitHostPort,
} from './addresses.ts';

describe('addresses to listen on', () => {
  test.each(['0.0.0.0:5556', ':5556', '[::1]:5556', 'localhost:0', 'host.example.org:65535'])('%s is one', (value) => {
    expect(listenAddressFault(value)).toBeUndefined();
  });

  test.each([
    '',
    '5556',
    'localhost',
    '0.0.0.0:65536',
    'http://a:80',
    'a b:80',
    '[::1',
    '[zz]:80',
    '::1:80',
    'a:80:80',
    '-x:80',
  ])('%j is none', (value) => {
    expect(listenAddressFault(value)).toBeDefined();
  });
});

describe('addresses to dial', () => {
  test.each(['storage:7001', '10.0.0.1:7001', '[fd00::1]:7001', 'dns:///storage.ns.svc.cluster.local:7001'])(
    '%s is one',
    (value) => {
      expect(dialAddressFault(value)).toBeUndefined();
    },
  );

  test.each([':7001', 'storage', 'storage:0', 'dns://storage:7001', 'https://storage:7001', ''])(
    '%j is none',
    (value) => {
      expect(dialAddressFault(value)).toBeDefined();
    },
  );
});

describe('IP ranges', () => {
  test.each(['10.0.0.0/8', '0.0.0.0/0', '192.168.1.1/32', 'fd00::/8', '::/0', '::1/128'])('%s is one', (value) => {
    expect(cidrFault(value)).toBeUndefined();
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0/8', 'a/8', '10.0.0.0/8/8', '10.0.0.0/', ''])(
    '%j is none',
    (value) => {
      expect(cidrFault(value)).toBeDefined();
    },
  );
});

describe('http URLs', () => {
  test.each(['http://a', 'https://a.example.org:8443/x?y=1'])('%s is one', (value) => {
    expect(httpUrlFault(value)).toBeUndefined();
  });

  test.each([
    'a.example.org',
    '/x',
    'ftp://a',
    'javascript:alert(1)',
    'http://',
    'http:///x',
    'http:\\\\a',
    'https://a b',
    'https://user:pw@a',
    '\thttp://a',
  ])('%j is none', (value) => {
    expect(httpUrlFault(value)).toBeDefined();
  });
});

describe('hosts', () => {
  test.each([
    ['localhost', true],
    ['app.localhost', true],
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['[::1]', true],
    ['example.org', false],
    ['127.0.0.1.example.org', false],
    ['localhost.example.org', false],
    ['0.0.0.0', false],
  ])('%s is this machine: %s', (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected);
  });

  test('IPv6 addresses are split from and joined with ports by brackets', () => {
    expect(splitHostPort('[fd00::1]:389')).toEqual({ host: 'fd00::1', port: 389 });
    expect(splitHostPort('fd00::1')).toEqual({ host: 'fd00::1' });
    expect(joinHostPort('fd00::1', 636)).toBe('[fd00::1]:636');
  });
});
