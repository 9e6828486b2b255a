import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@tessera/clock';
import { afterAll, describe, expect, test } from 'vitest';
import { formatProblems } from '../problem.ts';
import { client, configOf, minimalFile, warningsOf } from '../testing/config-text.ts';
import { loadConfigFile } from './load-config-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tessera-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('loadConfigFile', () => {
  test('reads the file and the secret files it names', () => {
    const secretFile = write('secret', 'from-disk\n');
    const staticClients = [client({ secret: undefined, secretFile })];
    const path = write('config.json', JSON.stringify({ ...minimalFile, staticClients }));
    expect(configOf(loadConfigFile(path, {})).staticClients[0]?.secret).toBe('from-disk');
  });

  test('a secret that has ended by the clock is warned about', () => {
    const staticClients = [client({ secrets: [{ value: 'x', expiresAt: '2030-01-01' }] })];
    const path = write('ended.json', JSON.stringify({ ...minimalFile, staticClients }));
    const at = (now: string) => warningsOf(loadConfigFile(path, {}, {}, { now: () => new Date(now) })).join();
    expect(at('2029-12-31T23:59:59Z')).not.toContain('expiresAt');
    expect(at('2030-01-01T00:00:00Z')).toContain('staticClients[0].secrets[0].expiresAt was 2030-01-01T00:00:00.000Z');
  });

  test.each(['examples/config.yaml', 'examples/ldap.yaml', 'deploy/config/compose.yaml'])('%s loads', (name) => {
    const path = fileURLToPath(new URL(`../../../../${name}`, import.meta.url));
    // The secrets of the stores and the directory are only where those are used.
    const result = loadConfigFile(path, {}, {}, systemClock, { secretsOf: ['authorize'] });
    // An upstream that stands for a real one is what the first example is about.
    expect(warningsOf(result).filter((text) => !text.includes('mockCallback'))).toEqual([]);
  });

  test('takes the environment and the command line into account', () => {
    const path = write('config.yaml', JSON.stringify(minimalFile));
    const config = configOf(loadConfigFile(path, { TESSERA_LOG_LEVEL: 'warn' }, { webHttp: ':9' }));
    expect(config).toMatchObject({ logger: { level: 'warn' }, web: { http: ':9' } });
  });

  test('a secret file that is far too large is not taken', () => {
    const secretFile = write('large', 'x'.repeat(100_000));
    const path = write(
      'large.json',
      JSON.stringify({ ...minimalFile, staticClients: [client({ secret: undefined, secretFile })] }),
    );
    const result = loadConfigFile(path, {});
    expect(result.ok ? [] : result.problems).toMatchObject([{ path: 'staticClients[0].secretFile' }]);
  });

  test.each([
    ['missing.yaml', 'does not exist'],
    ['.', 'is a folder'],
  ])('%s is one problem with a clear sentence', (name, expected) => {
    const path = join(folder, name);
    const result = loadConfigFile(path, {});
    expect(result.ok ? '' : formatProblems(result.problems)).toBe(`${path}: the configuration file ${expected}`);
  });
});
