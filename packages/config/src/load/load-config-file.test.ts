import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatProblems } from '../problem.ts';
import { client, configOf, minimalFile } from '../testing/config-text.ts';
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
