import { loadConfig } from '@tessera/config';
import { expect, test } from 'vitest';
import { parseReplicas, planReplicas } from './replica-plan.ts';
import { parseBase, runConfiguration, runIssuer } from './run-configuration.ts';

const facts = {
  origin: 'http://127.0.0.1:4000',
  certificates: '/run/certificates',
  keyEncryptionKey: Buffer.alloc(32, 1).toString('base64'),
  addresses: { storage: ['127.0.0.1:1', '127.0.0.1:2'], keys: ['127.0.0.1:3'], federation: ['127.0.0.1:4'] },
  stores: { storage: { type: 'memory' }, ephemeral: { type: 'memory' } },
};
const base = `
Issuer: https://id.example.org/some/path
STORAGE: {type: sqlite3, config: {file: x.db}}
web: {https: ":443", tlsCert: a, tlsKey: b, allowedOrigins: ["*"]}
expiry: {authCodes: 30s, idTokens: 1h}
connectors: [{type: mockCallback, id: mock, name: Mock}]
`;

test('A run keeps the configuration but for what separate processes on this machine need', () => {
  const text = runConfiguration(parseBase(base), { expiry: { authCodes: '5s' } }, facts);
  const result = loadConfig({ text, fileName: 'run.yaml', env: {} });
  expect(result).toMatchObject({
    ok: true,
    config: {
      issuer: 'http://127.0.0.1:4000/some/path',
      storage: { type: 'memory' },
      web: {
        http: '127.0.0.1:4000',
        allowedOrigins: ['*'],
        clientRemoteIp: { header: 'X-Forwarded-For', trustedProxies: ['127.0.0.1/32'] },
      },
      expiry: { authCodesSeconds: 5, idTokensSeconds: 3600 },
      rpc: { tls: { certFile: '/run/certificates/{service}.pem' } },
      services: { storage: { addresses: ['127.0.0.1:1', '127.0.0.1:2'] } },
    },
  });
});

test('The issuer of a run is the path of the configured one at the gateway', () => {
  expect(runIssuer({ issuer: 'https://id.example.org' }, facts.origin)).toBe('http://127.0.0.1:4000');
  expect(runIssuer({ issuer: 'https://id.example.org/dex' }, facts.origin)).toBe('http://127.0.0.1:4000/dex');
});

test('Text that is no mapping is refused in one sentence', () => {
  for (const text of ['- a', 'text', '', '{', 'a: ['])
    expect(() => parseBase(text)).toThrow(/^The configuration [^\n]+$/);
});

test('Replicas get ports of their own, and only services that are called get one for calls', async () => {
  const plan = await planReplicas({
    counts: parseReplicas('token=3, storage=2'),
    isInMemory: false,
    hasEvents: false,
  });
  expect(plan.filter(({ service }) => service === 'token')).toHaveLength(3);
  expect(plan.filter(({ service }) => service === 'storage').map(({ replica }) => replica)).toEqual([0, 1]);
  const ports = plan.flatMap(({ grpc, http }) => [grpc, http].filter((address) => address !== undefined));
  expect(new Set(ports).size).toBe(ports.length);
  expect(plan.filter(({ service }) => service === 'authorize').every(({ grpc }) => grpc === undefined)).toBe(true);
});

test('Several storage processes with state in memory are refused, and so is a number that cannot be', async () => {
  await expect(planReplicas({ counts: { storage: 2 }, isInMemory: true, hasEvents: false })).rejects.toThrow(
    '2 replicas of storage cannot share a state that is in memory',
  );
  for (const count of [0, 17, 1.5]) {
    const plan = planReplicas({ counts: { token: count }, isInMemory: false, hasEvents: false });
    await expect(plan).rejects.toThrow('1 to 16');
  }
  for (const text of ['token', 'token=', 'tokens=2', 'token=-1'])
    expect(() => parseReplicas(text)).toThrow('--replicas');
});

test('the events service is there when the configuration says where events go', async () => {
  const plan = await planReplicas({ counts: { events: 2 }, isInMemory: false, hasEvents: true });
  expect(plan.filter(({ service }) => service === 'events')).toEqual([
    { service: 'events', replica: 0, grpc: undefined, http: undefined },
    { service: 'events', replica: 1, grpc: undefined, http: undefined },
  ]);
});
