import type { Consent } from '@tessera/contracts';

interface ConsentJson extends Omit<Consent, 'grantedAt' | 'expiresAt'> {
  readonly grantedAtMs: number;
  readonly expiresAtMs?: number;
}

/** A consent as JSON. */
export function consentToJson({ subject, clientId, scopes, grantedAt, expiresAt }: Consent): string {
  const plain: ConsentJson = {
    subject,
    clientId,
    scopes,
    grantedAtMs: grantedAt.getTime(),
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt.getTime() }),
  };
  return JSON.stringify(plain);
}

/** The consent of its JSON. */
export function consentFromJson(json: string): Consent {
  const { grantedAtMs, expiresAtMs, ...rest } = JSON.parse(json) as ConsentJson;
  return {
    ...rest,
    grantedAt: new Date(grantedAtMs),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
  };
}
