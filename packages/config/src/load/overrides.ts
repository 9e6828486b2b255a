import type { ConfigPath } from '../problem.ts';
import type { Environment } from './environment-expansion.ts';
import type { Report } from './report.ts';
import { withValueAt } from './value-path.ts';

/** Values given on the command line; they win over the environment and the file. */
export interface ConfigOverrides {
  readonly issuer?: string;
  readonly webHttp?: string;
  readonly webHttps?: string;
  readonly telemetryHttp?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

const places: Readonly<Record<keyof ConfigOverrides, ConfigPath>> = {
  issuer: ['issuer'],
  webHttp: ['web', 'http'],
  webHttps: ['web', 'https'],
  telemetryHttp: ['telemetry', 'http'],
  logLevel: ['logger', 'level'],
  logFormat: ['logger', 'format'],
};

const variables = {
  TESSERA_ISSUER: 'issuer',
  TESSERA_WEB_HTTP: 'webHttp',
  TESSERA_LOG_LEVEL: 'logLevel',
  TESSERA_LOG_FORMAT: 'logFormat',
} as const;

/** Lays the environment's values and then the command line's over the file's. Empty values count as not given. */
export function applyOverrides(root: unknown, env: Environment, overrides: ConfigOverrides, report: Report): unknown {
  let tree = root;
  const apply = (key: keyof ConfigOverrides, value: string | undefined, source: string): void => {
    if (value === undefined || value === '') return;
    tree = withValueAt(tree, places[key], value);
    report.origin(places[key], source);
  };
  for (const [name, key] of Object.entries(variables)) apply(key, env[name], `the environment variable ${name}`);
  for (const key of Object.keys(places) as (keyof ConfigOverrides)[]) apply(key, overrides[key], 'the command line');
  return tree;
}
