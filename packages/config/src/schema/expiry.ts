import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { ExpiryConfig } from '../types.ts';
import { duration, flag } from './fields.ts';

/** `expiry`: lifetimes. */
export const expirySchema = z
  .strictObject({
    signingKeys: duration(
      'How often the signing key changes; older name of `signer.config.keysRotationPeriod`.',
    ).prefault('6h'),
    masterSecrets: duration(
      'How often the secrets behind codes, refresh tokens and cookies change (Tessera’s own); 0 = never by themselves.',
      { allowZero: true },
    ).prefault('2160h'),
    idTokens: duration('Lifetime of ID tokens.').prefault('24h'),
    accessTokens: duration('Lifetime of access tokens.').prefault('1h'),
    authCodes: duration('Lifetime of authorization codes, at most 10m (RFC 6749 §4.1.2).', {
      maxSeconds: 600,
      maxText: '10m (RFC 6749 §4.1.2)',
    }).prefault('60s'),
    authRequests: duration('How long a person may take to sign in.').prefault('24h'),
    deviceRequests: duration('How long a device code can be used.').prefault('5m'),
    refreshTokens: z
      .strictObject({
        disableRotation: flag('Keep the refresh token on use instead of giving a new one.'),
        reuseInterval: duration(
          'How long a refresh token that was already exchanged gets the same successor again; 0 = not at all.',
          {
            allowZero: true,
          },
        ).prefault('0s'),
        validIfNotUsedFor: duration('A refresh token unused for so long ends; 0 = never.', {
          allowZero: true,
        }).prefault('0s'),
        absoluteLifetime: duration('A refresh token ends so long after sign-in, used or not; 0 = never.', {
          allowZero: true,
        }).prefault('0s'),
      })
      .prefault({})
      .describe('Refresh tokens.'),
  })
  .prefault({})
  .describe('Lifetimes.');

/** A lifetime that can never matter is likely a mistake. */
export function warnAboutExpiry(expiry: z.output<typeof expirySchema>, report: Report): void {
  const { absoluteLifetime, validIfNotUsedFor } = expiry.refreshTokens;
  if (absoluteLifetime > 0 && validIfNotUsedFor > absoluteLifetime) {
    report.warning(
      ['expiry', 'refreshTokens', 'validIfNotUsedFor'],
      'is longer than absoluteLifetime, so it never takes effect',
    );
  }
}

/** The effective lifetimes in seconds. */
export function toExpiryConfig(expiry: z.output<typeof expirySchema>): ExpiryConfig {
  return {
    signingKeysSeconds: expiry.signingKeys,
    masterSecretsSeconds: expiry.masterSecrets,
    idTokensSeconds: expiry.idTokens,
    accessTokensSeconds: expiry.accessTokens,
    authCodesSeconds: expiry.authCodes,
    authRequestsSeconds: expiry.authRequests,
    deviceRequestsSeconds: expiry.deviceRequests,
    refreshTokens: {
      disableRotation: expiry.refreshTokens.disableRotation,
      reuseIntervalSeconds: expiry.refreshTokens.reuseInterval,
      validIfNotUsedForSeconds: expiry.refreshTokens.validIfNotUsedFor,
      absoluteLifetimeSeconds: expiry.refreshTokens.absoluteLifetime,
    },
  };
}
