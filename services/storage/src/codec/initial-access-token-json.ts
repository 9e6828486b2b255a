import type { InitialAccessToken } from '@tessera/contracts';
import { bytesFromText, bytesToText } from './bytes-json.ts';

interface TokenJson extends Omit<InitialAccessToken, 'policy' | 'createdAt' | 'expiresAt'> {
  readonly policy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
}

/** What lets its bearer register clients, as JSON. */
export function initialAccessTokenToJson(token: InitialAccessToken): string {
  const { id, label, remainingUses, createdAt, expiresAt, policy } = token;
  const plain: TokenJson = {
    id,
    label,
    remainingUses,
    createdAtMs: createdAt.getTime(),
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt.getTime() }),
    policy: bytesToText(policy),
  };
  return JSON.stringify(plain);
}

/** The initial access token of its JSON. */
export function initialAccessTokenFromJson(json: string): InitialAccessToken {
  const { policy, createdAtMs, expiresAtMs, ...rest } = JSON.parse(json) as TokenJson;
  return {
    ...rest,
    policy: bytesFromText(policy),
    createdAt: new Date(createdAtMs),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
  };
}
