import { stringify } from 'yaml';
import { type ConfigResult, type ConfigSource, loadConfig } from '../load/load-config.ts';
import type { TesseraConfig } from '../types.ts';

/** A bcrypt hash of cost 10 with the right form. */
export const bcryptHash = `$2a$10$${'abcdefghijklmnopqrstuv'.padEnd(53, '.')}`;

/** The smallest file that loads. */
export const minimalFile = {
  issuer: 'http://127.0.0.1:5556/dex',
  storage: { type: 'memory' } as Record<string, unknown>,
  web: { http: '127.0.0.1:5556' } as Record<string, unknown>,
  connectors: [{ type: 'mockCallback', id: 'mock', name: 'Example' }] as unknown[],
};

/** An LDAP connector that loads, with changes to its `config`. */
export function ldapConnector(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const userSearch = { baseDN: 'ou=People,dc=example,dc=org', username: 'uid' };
  return { type: 'ldap', id: 'ldap', name: 'Directory', config: { host: 'ldap.example.org', userSearch, ...changes } };
}

/** An OIDC connector that loads, with changes to its `config`. */
export function oidcConnector(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const config = {
    issuer: 'https://upstream.example.org',
    clientID: 'tessera',
    clientSecret: 'upstream-secret',
    ...changes,
  };
  return { type: 'oidc', id: 'upstream', name: 'Upstream', config };
}

/** A confidential client that loads, with changes. */
export function client(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'app',
    name: 'App',
    secret: 'app-secret',
    redirectURIs: ['https://app.example.org/callback'],
    ...changes,
  };
}

type Surroundings = Partial<Omit<ConfigSource, 'text'>>;

/** Loads the minimal file with top-level changes; `undefined` removes a key. */
export function loadFile(changes: Record<string, unknown> = {}, surroundings: Surroundings = {}): ConfigResult {
  return loadText(stringify({ ...minimalFile, ...changes }, { keepUndefined: false }), surroundings);
}

/** Loads text as `config.yaml` in an empty environment. */
export function loadText(text: string, surroundings: Surroundings = {}): ConfigResult {
  return loadConfig({ text, fileName: 'config.yaml', env: {}, ...surroundings });
}

/** The configuration of a result that must be good. */
export function configOf(result: ConfigResult): TesseraConfig {
  if (!result.ok) throw new Error(`expected no problems: ${JSON.stringify(result.problems)}`);
  return result.config;
}

/** The warnings of a result that must be good. */
export function warningsOf(result: ConfigResult): readonly string[] {
  if (!result.ok) throw new Error(`expected no problems: ${JSON.stringify(result.problems)}`);
  return result.warnings;
}

/** The problems of a result as `path message`; empty when there are none. */
export function problemsOf(result: ConfigResult): readonly string[] {
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path} ${message}`.trim());
}
