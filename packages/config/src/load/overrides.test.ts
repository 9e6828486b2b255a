import { describe, expect, test } from 'vitest';
import { configOf, loadFile, minimalFile, problemsOf } from '../testing/config-text.ts';

describe('defaults < file < environment < command line', () => {
  const env = {
    TESSERA_ISSUER: 'http://127.0.0.1:1/env',
    TESSERA_WEB_HTTP: ':1',
    TESSERA_LOG_LEVEL: 'DEBUG',
    TESSERA_LOG_FORMAT: 'json',
  };

  test('the environment wins over the file', () => {
    const config = configOf(loadFile({ logger: { level: 'error' } }, { env }));
    expect(config.issuer).toBe('http://127.0.0.1:1/env');
    expect(config.web.http).toBe(':1');
    expect(config.logger).toMatchObject({ level: 'debug', format: 'json' });
  });

  test('the command line wins over the environment', () => {
    const overrides = { issuer: 'http://127.0.0.1:2/cli', webHttp: ':2', telemetryHttp: ':3', logLevel: 'warn' };
    const config = configOf(loadFile({}, { env, overrides }));
    expect(config).toMatchObject({
      issuer: overrides.issuer,
      web: { http: ':2' },
      telemetry: { http: ':3' },
      logger: { level: 'warn' },
    });
  });

  test('empty variables count as not given, and a block that is missing in the file is made', () => {
    expect(configOf(loadFile({}, { env: { TESSERA_ISSUER: '' } })).issuer).toBe(minimalFile.issuer);
    expect(configOf(loadFile({ web: undefined }, { env })).web.http).toBe(':1');
  });

  test('a wrong value is told with the variable it came from', () => {
    const result = loadFile({}, { env: { TESSERA_LOG_LEVEL: 'loud' } });
    expect(problemsOf(result)).toEqual([
      'logger.level must be one of debug, info, warn, error (from the environment variable TESSERA_LOG_LEVEL)',
    ]);
  });

  test('DEX_FRONTEND_DIR is the default of frontend.dir', () => {
    const withDir = { env: { DEX_FRONTEND_DIR: '/srv/web' } };
    expect(configOf(loadFile({}, withDir)).frontend.dir).toBe('/srv/web');
    expect(configOf(loadFile({ frontend: { dir: '/own' } }, withDir)).frontend.dir).toBe('/own');
  });
});
