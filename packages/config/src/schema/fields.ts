import * as z from 'zod';
import { parseGoDuration } from '../go-duration.ts';
import { suggestName } from '../load/suggestion.ts';
import type { NotServed } from './schema-tree.ts';

/** Any text. */
export const text = (description: string) => z.string().describe(description);

/** Text that may be left out. */
export const optionalText = (description: string) => text(description).exactOptional();

/** Text that must not be empty. */
export const requiredText = (description: string) => z.string().min(1).describe(description);

/** A switch; YAML 1.1's `yes`, `no`, `on` and `off`, which Dex takes, count too. */
export const flag = (description: string, defaultValue = false) =>
  z
    .union([z.boolean(), z.enum(['yes', 'no', 'on', 'off'])], { error: 'must be true or false' })
    .transform(isOn)
    .default(defaultValue)
    .meta({ description, typeName: 'true or false' });

/** A switch that may be left out, where leaving it out has a meaning of its own. */
export const optionalFlag = (description: string) =>
  z
    .union([z.boolean(), z.enum(['yes', 'no', 'on', 'off'])], { error: 'must be true or false' })
    .transform(isOn)
    .exactOptional()
    .meta({ description, typeName: 'true or false' });

/** Whether a {@link flag} as written is on. */
export const isOn = (written: boolean | string | undefined): boolean =>
  written === true || written === 'yes' || written === 'on';

/** A list of texts, by default empty. */
export const textList = (description: string, defaultValue: string[] = []) =>
  z.array(z.string()).default(defaultValue).describe(description);

/** A list of non-empty texts, by default empty. */
export const nameList = (description: string) => z.array(z.string().min(1)).default([]).describe(description);

/** A whole number in a range, both ends included. */
export const wholeNumber = (description: string, minimum: number, maximum: number) =>
  z.int().min(minimum).max(maximum).describe(description);

/** A list of non-empty texts that may be left out, where leaving it out has a meaning of its own. */
export const optionalNameList = (description: string) =>
  z.array(z.string().min(1)).exactOptional().describe(description);

/** Texts by name, by default none. */
export const textMap = (description: string) => z.record(z.string(), z.string()).default({}).describe(description);

/** A moment as RFC 3339 writes it, or a date, which is its midnight in UTC. */
export const moment = (description: string) =>
  z
    .string()
    .transform((value, context) => {
      const date = parseMoment(value);
      if (date !== undefined) return date;
      context.addIssue('must be a date or a time with a zone, for example 2027-01-31 or 2027-01-31T12:00:00Z');
      return z.NEVER;
    })
    .meta({ description, typeName: 'time' });

function parseMoment(value: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?$/.test(value)) return undefined;
  const day = value.slice(0, 10);
  // The parser turns the 30th of February into a day of March.
  const isDay = isSameDay(new Date(`${day}T00:00:00Z`), day);
  const date = new Date(value);
  return isDay && !Number.isNaN(date.getTime()) ? date : undefined;
}

function isSameDay(date: Date, day: string): boolean {
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** A Go duration; read as seconds. */
export const duration = (
  description: string,
  bounds: { allowZero?: boolean; maxSeconds?: number; maxText?: string } = {},
) =>
  z
    .union([z.string(), z.literal(0)], { error: 'must be a duration with a unit, for example "30s", "10m" or "24h"' })
    .transform((value, context) => {
      const parsed = parseGoDuration(String(value));
      const message = parsed.ok ? outOfBounds(parsed.seconds, bounds) : parsed.message;
      if (parsed.ok && message === undefined) return parsed.seconds;
      context.addIssue(message ?? 'is not a duration');
      return z.NEVER;
    })
    .meta({ description, typeName: 'duration' });

function outOfBounds(
  seconds: number,
  {
    allowZero = false,
    maxSeconds = Number.POSITIVE_INFINITY,
    maxText = '',
  }: { allowZero?: boolean; maxSeconds?: number; maxText?: string },
): string | undefined {
  if (seconds < 0) return 'must not be negative';
  if (seconds === 0 && !allowZero) return 'must be longer than 0';
  return seconds > maxSeconds ? `must be at most ${maxText}` : undefined;
}

/** Text that a rule accepts; the rule gives the message when it does not. */
export const checkedText = (description: string, rule: (value: string) => string | undefined) =>
  z
    .string()
    .superRefine((value, context) => {
      const message = rule(value);
      if (message !== undefined) context.addIssue(message);
    })
    .describe(description);

/** What is wrong with text that should be one of some names, with a guess at the one that was meant; undefined when it is one. */
export function choiceFault(value: string, names: readonly string[], otherwise = ''): string | undefined {
  if (names.includes(value)) return undefined;
  const suggestion = suggestName(value, names);
  const guess = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return `must be one of ${names.join(', ')}${otherwise}${guess}`;
}

/** A key that Dex has and this version refuses. */
export const refused = (description: string, reason: string) => notServed(description, { effect: 'refused', reason });

/** A key that Dex has and this version accepts without effect. */
export const ignored = (description: string, reason: string) => notServed(description, { effect: 'ignored', reason });

const notServed = (description: string, reason: NotServed) =>
  z
    .unknown()
    .exactOptional()
    .meta({ description: `Not served by this version. ${description}`, notServed: reason });
