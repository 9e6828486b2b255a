import { startCluster } from '@tessera/cli';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startOneProcess } from '../support/one-process.ts';
import { type CollectedSpan, type Collector, startCollector } from '../support/otlp-collector.ts';
import { signInForTokens } from '../support/sign-in.ts';
import { systemConfig } from '../support/system-config.ts';

let collector: Collector;

beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector?.close());

function config(): Record<string, unknown> {
  const base = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort: 1, upstreamIssuer: 'http://127.0.0.1:1' });
  return { ...base, telemetry: { otlpEndpoint: collector.endpoint } };
}

async function oneProcess() {
  return startOneProcess({ config: config() });
}

async function separateServices() {
  return startCluster({ config: stringify(config()) });
}

/** The spans of the tree that the token request belongs to. */
function treeOfToken(): readonly CollectedSpan[] {
  const token = collector.spans.findLast(({ name }) => name === 'POST /token');
  return collector.spans.filter(({ traceId }) => traceId === token?.traceId);
}

/** Spans whose parent is not among them. */
function rootsOf(tree: readonly CollectedSpan[]): readonly CollectedSpan[] {
  const ids = new Set(tree.map(({ spanId }) => spanId));
  return tree.filter(({ parentSpanId }) => !ids.has(parentSpanId));
}

const STEPS = [
  'GET /auth/:connector',
  'GET /auth/:connector/login',
  'POST /auth/:connector/login',
  'GET /approval',
  'POST /approval',
  'POST /token',
];

describe.each([
  ['one process', oneProcess, ['storage.redeemCode', 'keys.sign']],
  [
    'separate services',
    separateServices,
    ['/tessera.storage.v1.StorageWriteService/RedeemCodes', '/tessera.keys.v1.KeysService/Sign'],
  ],
] as const)('%s', (_name, start, inner) => {
  test('one sign-in, from the first page to the tokens, is one tree', async () => {
    const running = await start();
    try {
      await signInForTokens({ issuer: running.issuer });
      const names = (): string[] => treeOfToken().map(({ name }) => name);
      const isWhole = (): boolean => [...STEPS, ...inner].every((step) => names().includes(step));
      // Each process exports in its own time, so a parent may arrive after its child.
      await waitFor(() => isWhole() && rootsOf(treeOfToken()).length === 1, {
        what: 'one whole tree',
        timeoutMs: 20_000,
      });
      expect(rootsOf(treeOfToken()).map(({ name }) => name)).toEqual(['GET /auth/:connector']);
    } finally {
      await running.close();
    }
  });
});
