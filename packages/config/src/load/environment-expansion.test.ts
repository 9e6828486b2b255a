// biome-ignore-all lint/suspicious/noTemplateCurlyInString: dollar signs and braces are the input under test
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configOf, ldapConnector, loadFile, minimalFile, warningsOf } from '../testing/config-text.ts';
import { expandText } from './environment-expansion.ts';

describe('expandText follows Go’s os.Expand', () => {
  const lookUp = (name: string): string => ({ USER: 'ann', A_1: 'one' })[name] ?? '';

  test.each([
    ['$USER', 'ann'],
    ['${USER}', 'ann'],
    ['x${USER}y$A_1.z', 'xannyone.z'],
    ['$MISSING-', '-'],
    ['a$', 'a$'],
    ['a$ b', 'a$ b'],
    ['a$.b', 'a$.b'],
    ['p$$w', 'pw'],
    ['$1abc', 'abc'],
    ['${}x', 'x'],
    ['${USER', 'USER'],
    ['no dollar', 'no dollar'],
  ])('%s becomes %s', (text, expected) => {
    expect(expandText(text, lookUp)).toBe(expected);
  });

  test('text without a dollar sign is never changed', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('$')),
        (text) => {
          expect(expandText(text, () => 'x')).toBe(text);
        },
      ),
    );
  });
});

describe('environment expansion in the file', () => {
  const env = { DB_PASSWORD: 's3cret', BASE: 'dc=example', CLIENT: 'expanded' };
  const postgres = { host: 'db', database: 'd', user: 'u', password: '$DB_PASSWORD' };
  const keyEncryption = { file: 'key' };

  test('reaches storage.config', () => {
    const storage = { type: 'postgres', config: postgres };
    expect(configOf(loadFile({ storage, keyEncryption }, { env })).storage).toMatchObject({ password: 's3cret' });
  });

  test('reaches ephemeral.config and signer.config', () => {
    const ephemeral = { type: 'redis', config: { password: '${DB_PASSWORD}' } };
    const signer = { type: 'local', config: { keysRotationPeriod: '${HOURS}h' } };
    const config = configOf(loadFile({ ephemeral, signer }, { env: { ...env, HOURS: '3' } }));
    expect(config.ephemeral).toMatchObject({ password: 's3cret' });
    expect(config.signer.keysRotationPeriodSeconds).toBe(10_800);
  });

  test('reaches any depth of connectors[].config', () => {
    const connector = ldapConnector({ userSearch: { baseDN: 'ou=x,$BASE', username: ['$CLIENT'] } });
    const [first] = configOf(loadFile({ connectors: [connector] }, { env })).connectors;
    expect(first?.config).toMatchObject({ userSearch: { baseDN: 'ou=x,dc=example', username: ['expanded'] } });
  });

  test('leaves every other place as written', () => {
    const staticClients = [{ id: '$CLIENT', name: '$CLIENT', secret: 'a$CLIENT' }];
    const connectors = [...minimalFile.connectors, { type: 'mockCallback', id: 'x$CLIENT', name: '$CLIENT' }];
    const config = configOf(loadFile({ staticClients, connectors }, { env }));
    expect(config.staticClients[0]).toMatchObject({ id: '$CLIENT', name: '$CLIENT', secret: 'a$CLIENT' });
    expect(config.connectors[1]).toMatchObject({ id: 'x$CLIENT', name: '$CLIENT' });
  });

  test.each(['false', '0', 'F', 'False'])('is off with DEX_EXPAND_ENV=%s', (off) => {
    const storage = { type: 'postgres', config: postgres };
    const result = loadFile({ storage, keyEncryption }, { env: { ...env, DEX_EXPAND_ENV: off } });
    expect(configOf(result).storage).toMatchObject({ password: '$DB_PASSWORD' });
  });

  test('an unset variable becomes empty, with a warning that does not show the name', () => {
    const storage = { type: 'postgres', config: { ...postgres, password: 'pa$Canary' } };
    const result = loadFile({ storage, keyEncryption }, { env });
    expect(configOf(result).storage).toMatchObject({ password: 'pa' });
    const warnings = warningsOf(result).join('\n');
    expect(warnings).toContain('storage.config.password');
    expect(warnings).not.toContain('Canary');
  });

  test('an unset variable is told also when the empty text is a problem', () => {
    const storage = { type: 'postgres', config: { ...postgres, host: '$MISSING' } };
    const result = loadFile({ storage, keyEncryption }, { env });
    expect(result).toMatchObject({ ok: false, problems: [{ path: 'storage.config.host' }] });
    expect(result.warnings).toEqual([expect.stringContaining('storage.config.host refers to an environment variable')]);
  });
});
