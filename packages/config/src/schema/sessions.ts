import * as z from 'zod';
import { formatGoDuration, parseGoDuration } from '../go-duration.ts';
import type { Report } from '../load/report.ts';
import type { SessionsConfig } from '../types.ts';
import { checkedText, duration, flag, ignored } from './fields.ts';
import type { Partially } from './partially.ts';

const DEFAULT_ABSOLUTE_LIFETIME = '24h';
const DEFAULT_IDLE_LIFETIME = '1h';

/** `sessions`: sessions of browsers. */
export const sessionsSchema = z
  .strictObject({
    enabled: flag('Keep sessions, so that people need not sign in at each application (Tessera’s own).', true),
    cookieName: checkedText('Name of the session cookie.', cookieNameFault).default('tessera_session'),
    absoluteLifetime: duration('A session ends so long after sign-in, used or not.').prefault(
      DEFAULT_ABSOLUTE_LIFETIME,
    ),
    validIfNotUsedFor: duration('A session unused for so long ends; at most `absoluteLifetime`.').prefault(
      DEFAULT_IDLE_LIFETIME,
    ),
    rememberMeCheckedByDefault: flag('Whether the box “remember me” is ticked when the page opens.', true),
    cookieEncryptionKey: ignored(
      'Key under which the cookie is encrypted.',
      'the cookie carries only an identifier and a proof, so there is nothing to encrypt',
    ),
    ssoSharedWithDefault: z
      .enum(['none', 'all'])
      .default('none')
      .describe('With whom clients share their sign-ins that do not say so by `ssoSharedWith`.'),
  })
  .prefault({})
  .describe('Sessions of browsers: single sign-on and sign-out.');

/** RFC 6265 §4.1.1: a token. A prefix means more than a name (RFC 6265bis §4.1.3), so it is put where it can be kept. */
function cookieNameFault(value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(value)) return 'must be the name of a cookie, at most 64 characters';
  return /^__(host|secure)-/i.test(value) ? 'must not begin with __Host- or __Secure-: the prefix is added' : undefined;
}

/** The idle lifetime is within the whole one. */
export function checkSessions(sessions: Partially<z.input<typeof sessionsSchema>>, report: Report): void {
  const absolute = parseGoDuration(String(sessions?.absoluteLifetime ?? DEFAULT_ABSOLUTE_LIFETIME));
  const idle = parseGoDuration(String(sessions?.validIfNotUsedFor ?? DEFAULT_IDLE_LIFETIME));
  if (!absolute.ok || !idle.ok || idle.seconds <= absolute.seconds) return;
  const whole = `absoluteLifetime (${formatGoDuration(absolute.seconds)})`;
  report.derived(
    ['sessions', 'validIfNotUsedFor'],
    sessions?.validIfNotUsedFor === undefined
      ? `is ${DEFAULT_IDLE_LIFETIME} when left out, longer than ${whole}; write a shorter one`
      : `must be at most ${whole}`,
  );
}

/** The effective block. */
export function toSessionsConfig(sessions: z.output<typeof sessionsSchema>): SessionsConfig {
  return {
    enabled: sessions.enabled,
    cookieName: sessions.cookieName,
    absoluteLifetimeSeconds: sessions.absoluteLifetime,
    validIfNotUsedForSeconds: sessions.validIfNotUsedFor,
    rememberMeCheckedByDefault: sessions.rememberMeCheckedByDefault,
    ssoSharedWithDefault: sessions.ssoSharedWithDefault,
  };
}
