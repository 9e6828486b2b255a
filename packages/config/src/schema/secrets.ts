import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { ConfigPath } from '../problem.ts';
import type { ClientSecretConfig } from '../types.ts';
import { moment, optionalText } from './fields.ts';
import { type Partially, presentItems } from './partially.ts';

const secretSchema = z.strictObject({
  value: optionalText('The secret itself; this, `valueEnv` or `valueFile`.'),
  valueEnv: optionalText('Environment variable that holds the secret.'),
  valueFile: optionalText('File that holds the secret. Read again when it changes.'),
  expiresAt: moment(
    'When it ends, such as `2027-01-31` or `2027-01-31T12:00:00Z`; never when left out.',
  ).exactOptional(),
});

/** A list of secrets that may end, by default empty. */
export const secretList = (description: string) => z.array(secretSchema).default([]).describe(description);

type Secrets = readonly (Partially<z.input<typeof secretSchema>> | undefined)[] | undefined;

/** Each entry needs a value; values are filled from their sources before. */
export function checkSecrets(secrets: Secrets, path: ConfigPath, report: Report): void {
  for (const [index, secret] of presentItems(secrets)) {
    if (!secret.value) report.derived([...path, index, 'value'], 'is required (or valueEnv or valueFile)');
  }
}

/** A secret that has ended is likely one that somebody means to remove, or to replace. */
export function warnAboutSecrets(
  secrets: readonly z.output<typeof secretSchema>[],
  path: ConfigPath,
  now: Date,
  report: Report,
): void {
  for (const [index, { expiresAt }] of secrets.entries()) {
    if (expiresAt !== undefined && expiresAt <= now)
      report.warning([...path, index, 'expiresAt'], `was ${expiresAt.toISOString()}: the secret is not taken any more`);
  }
}

/** The effective secrets. */
export function toSecretConfigs(secrets: readonly z.output<typeof secretSchema>[]): readonly ClientSecretConfig[] {
  return secrets.map(({ value = '', valueFile, expiresAt }) => ({
    value,
    ...(valueFile ? { valueFile } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }));
}
