import * as z from 'zod';
import { nameList } from './fields.ts';

/** A choice whose words match without regard to case, as in Dex. */
const choice = <const Words extends readonly [string, ...string[]]>(words: Words, description: string) =>
  z
    .string()
    .transform((value, context): Words[number] => {
      const found = words.find((word) => word === value.toLowerCase());
      if (found !== undefined) return found;
      context.addIssue(`must be one of ${words.join(', ')}`);
      return z.NEVER;
    })
    .meta({ description, typeName: words.map((word) => `\`${word}\``).join(', ') });

/** `logger`: log records on standard error. */
export const loggerSchema = z
  .strictObject({
    level: choice(['debug', 'info', 'warn', 'error'], 'Least important records that are written.').prefault('info'),
    format: choice(['text', 'json'], 'Form of the records.').prefault('text'),
    excludeFields: nameList('Attributes dropped from every record.'),
  })
  .prefault({})
  .describe('Log records.');
