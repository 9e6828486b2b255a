import type { PortableGrant } from '@tessera/storage';
import { CommandFailure } from '../command-line/failure.ts';
import { entrySchema } from './entry-schema.ts';
import type { PortableEntry } from './portable-entry.ts';

/** An entry as one line of JSON. `docs/guides/moving.md` describes every member. */
export function entryToLine(entry: PortableEntry): string {
  return JSON.stringify(plainEntry(entry));
}

/**
 * The entry of a line, the first of which has the number 1. Throws CommandFailure for what this version does not know; it never
 * repeats what stands there.
 */
export function entryFromLine(line: string, number: number): PortableEntry {
  const parsed = entrySchema.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  const where = place === '' ? '' : ` (${place})`;
  throw new CommandFailure(
    `Line ${number} of the export is one that this version of Tessera does not understand${where}.`,
  );
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function plainEntry(entry: PortableEntry): Readonly<Record<string, unknown>> {
  switch (entry.type) {
    case 'grant':
      return plainGrant(entry.grant);
    case 'record': {
      const { id, version, body, owner, expiresAt } = entry.record;
      return { type: 'record', kind: entry.kind, id, version, body, owner, expiresAt: expiresAt?.toISOString() };
    }
    case 'event': {
      const { id, type, key, time, data } = entry.event;
      return { type: 'event', id, name: type, key, time: time.toISOString(), data };
    }
  }
}

function plainGrant(portable: PortableGrant): Readonly<Record<string, unknown>> {
  const { id, codeHash, subject, grant, endsAt, rotatedAt, attemptId, revokedReason } = portable;
  const { authorization } = grant;
  return {
    type: 'grant',
    id,
    codeHash: codeHash.toString('hex'),
    subject,
    authorization: {
      clientId: authorization.clientId,
      redirectUri: authorization.redirectUri,
      scopes: authorization.scopes,
      nonce: authorization.nonce,
      pkce: authorization.pkce,
      identity: authorization.identity,
      connectorId: authorization.connectorId,
      connectorData: Buffer.from(authorization.connectorData).toString('base64'),
      authTime: authorization.authTime.toISOString(),
      isRefreshable: authorization.isRefreshable,
      refreshesUpstream: authorization.refreshesUpstream,
      sessionId: authorization.sessionId,
      details: authorization.details,
    },
    generation: grant.generation,
    createdAt: grant.createdAt.toISOString(),
    lastUsedAt: grant.lastUsedAt.toISOString(),
    rotatedAt: rotatedAt?.toISOString(),
    attemptId,
    expiresAt: grant.expiresAt?.toISOString(),
    endsAt: endsAt?.toISOString(),
    revokedAt: grant.revokedAt?.toISOString(),
    revokedReason,
  };
}
