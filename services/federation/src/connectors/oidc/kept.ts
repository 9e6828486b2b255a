import { parseJsonObject } from '@tessera/egress';
import type { UpstreamMetadata } from './discovery.ts';

/** What is kept of a sign-in for later. */
export interface Kept {
  /** Whom the upstream's tokens are about, by its own `sub`. */
  readonly subject: string;
  /** For refreshes; undefined where the upstream gave none or none is wanted. */
  readonly refreshToken: string | undefined;
  /** For the sign-out there (`id_token_hint`); undefined where it cannot be signed out of, or the token is too long. */
  readonly idToken: string | undefined;
}

/** Longest ID token that is kept, in characters (8 KiB): it has to fit into an address. */
const MAX_ID_TOKEN_LENGTH = 8192;

/** The ID token, where a sign-out at the upstream will want it. */
export function hintToKeep(idToken: string | undefined, metadata: UpstreamMetadata): string | undefined {
  const isOfUse = metadata.endSessionEndpoint !== undefined && (idToken?.length ?? 0) <= MAX_ID_TOKEN_LENGTH;
  return isOfUse ? idToken : undefined;
}

/** What is kept as text, to be sealed; empty when there is nothing to keep. */
export function keptToText({ subject, refreshToken, idToken }: Kept): string {
  if (refreshToken === undefined && idToken === undefined) return '';
  return JSON.stringify({ refreshToken, subject, idToken });
}

/** What {@link keptToText} wrote; undefined for anything else, also for nothing. */
export function keptFromText(text: string): Kept | undefined {
  const { refreshToken, subject, idToken } = parseJsonObject(text) ?? {};
  if (typeof subject !== 'string' || !isOptionalText(refreshToken) || !isOptionalText(idToken)) return undefined;
  return { subject, refreshToken, idToken };
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
