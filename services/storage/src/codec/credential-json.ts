import type { Credential } from '@tessera/contracts';
import { bytesFromText, bytesToText } from './bytes-json.ts';

interface CredentialJson extends Omit<Credential, 'payload' | 'createdAt' | 'lastUsedAt'> {
  readonly payload: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs?: number;
}

/** A credential as JSON. */
export function credentialToJson(credential: Credential): string {
  const { id, subject, type, label, payload, createdAt, lastUsedAt } = credential;
  const plain: CredentialJson = {
    id,
    subject,
    type,
    label,
    payload: bytesToText(payload),
    createdAtMs: createdAt.getTime(),
    ...(lastUsedAt === undefined ? {} : { lastUsedAtMs: lastUsedAt.getTime() }),
  };
  return JSON.stringify(plain);
}

/** The credential of its JSON. */
export function credentialFromJson(json: string): Credential {
  const { payload, createdAtMs, lastUsedAtMs, ...rest } = JSON.parse(json) as CredentialJson;
  return {
    ...rest,
    payload: bytesFromText(payload),
    createdAt: new Date(createdAtMs),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAt: new Date(lastUsedAtMs) }),
  };
}
