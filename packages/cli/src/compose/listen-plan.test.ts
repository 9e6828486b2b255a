import { loadConfig, type TesseraConfig } from '@tessera/config';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { planListeners } from './listen-plan.ts';
import { resolveRpcSecurity } from './rpc-security.ts';
import { sharedStateWarnings } from './shared-state.ts';
import { allTargets, parseTargets } from './targets.ts';

const connectors = [{ type: 'mockCallback', id: 'mock', name: 'Example' }];

function configOf(changes: Readonly<Record<string, unknown>> = {}): TesseraConfig {
  const file = {
    issuer: 'http://127.0.0.1/dex',
    storage: { type: 'memory' },
    web: { http: ':80' },
    connectors,
    ...changes,
  };
  const result = loadConfig({ text: stringify(file), fileName: 'test.yaml', env: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

test('The whole issuer listens on web alone and never for gRPC', () => {
  const services = { storage: { grpc: ':7001' }, keys: { grpc: ':7002', http: ':8002' } };
  const plan = planListeners(configOf({ services }), allTargets);
  expect(plan.http.map(({ address, source }) => [address, source])).toEqual([[':80', 'web.http']]);
  expect(plan.rpc).toEqual([]);
});

test('Services with one HTTP address share a listener, and each has its own for gRPC', () => {
  const services = {
    token: { http: '127.0.0.1:8001', grpc: '127.0.0.1:7001' },
    keys: { http: '127.0.0.1:8001', grpc: '127.0.0.1:7002' },
    storage: { grpc: '127.0.0.1:7003' },
  };
  const plan = planListeners(configOf({ services }), parseTargets('storage,keys,token'));
  expect(plan.http).toHaveLength(1);
  expect(plan.http[0]?.services.toSorted()).toEqual(['keys', 'token']);
  expect(plan.rpc.map(({ service }) => service).toSorted()).toEqual(['keys', 'storage', 'token']);
});

test('An address that is missing is named with its key', () => {
  expect(() => planListeners(configOf(), parseTargets('token'))).toThrow('services.token.http is not set');
  expect(() => planListeners(configOf(), parseTargets('storage'))).toThrow('services.storage.grpc is not set');
});

test('Addresses of the command line win, and are for one target only', () => {
  const overrides = { http: '127.0.0.1:1', grpc: '127.0.0.1:2' };
  const plan = planListeners(
    configOf({ services: { keys: { http: ':3', grpc: ':4' } } }),
    parseTargets('keys'),
    overrides,
  );
  expect(plan.http.map(({ address, source }) => [address, source])).toEqual([['127.0.0.1:1', '--http']]);
  expect(plan.rpc.map(({ address, source }) => [address, source])).toEqual([['127.0.0.1:2', '--grpc']]);
  expect(() => planListeners(configOf(), parseTargets('keys,token'), overrides)).toThrow('one target');
});

test('Targets are all, or known services; all stands alone', () => {
  expect(parseTargets('all')).toBe(allTargets);
  expect(parseTargets('token, authorize')).toMatchObject({ isWhole: false, services: ['authorize', 'token'] });
  for (const text of ['', 'all,token', 'tokens', 'token,']) expect(() => parseTargets(text)).toThrow('tessera help');
});

test('Calls between services are plaintext only on this machine, or when the configuration says so out loud', () => {
  const local = ['127.0.0.1:1', 'localhost:2', '[::1]:3', 'dns:///localhost:4'];
  expect(resolveRpcSecurity(configOf(), ['token'], local)).toEqual({ type: 'plaintext' });
  for (const remote of ['storage:7003', '0.0.0.0:1', ':1', '10.0.0.1:1', 'dns:///storage:1', '127.0.0.1.example:1']) {
    expect(() => resolveRpcSecurity(configOf(), ['token'], [...local, remote])).toThrow(
      `${remote} is not on this machine`,
    );
    const loud = configOf({ rpc: { insecurePlaintext: true } });
    expect(resolveRpcSecurity(loud, ['token'], [remote])).toEqual({ type: 'plaintext' });
  }
});

test('A certificate of a service that cannot be read is named', () => {
  const tls = {
    caFile: '/nonexistent/ca.pem',
    certFile: '/nonexistent/{service}.pem',
    keyFile: '/nonexistent/{service}.key',
  };
  const config = configOf({ rpc: { tls } });
  expect(() => resolveRpcSecurity(config, ['token'], [])).toThrow(
    'rpc.tls.caFile: /nonexistent/ca.pem does not exist.',
  );
});

test('State that lives in one process is warned of where there could be several', () => {
  expect(sharedStateWarnings(configOf(), allTargets)).toEqual([]);
  expect(sharedStateWarnings(configOf(), parseTargets('storage')).join('\n')).toMatch(
    /ephemeral: memory.*\n.*storage: memory/,
  );
  expect(sharedStateWarnings(configOf(), parseTargets('keys')).join('\n')).toContain('key-encryption key');
  expect(sharedStateWarnings(configOf(), parseTargets('token'))).toEqual([]);
});
