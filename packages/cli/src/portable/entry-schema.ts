import type { AuthorizationDetails } from '@tessera/contracts';
import { allRecordKinds, type PortableGrant, type RecordKind, type StoredRecord } from '@tessera/storage';
import * as z from 'zod';
import type { PortableEntry } from './portable-entry.ts';

const moment = z.iso.datetime().transform((text) => new Date(text));
const text = z.string();
/** What every database keeps as it is. */
const storable = text.refine((value) => !value.includes('\0') && value.isWellFormed());

const identity = z.strictObject({
  userId: text,
  username: text,
  preferredUsername: text,
  email: text,
  emailVerified: z.boolean(),
  groups: z.array(text),
  claims: z.record(text, z.unknown()),
});

const authorization = z.strictObject({
  clientId: storable,
  redirectUri: text,
  scopes: z.array(text),
  nonce: text.exactOptional(),
  pkce: z.strictObject({ challenge: text, method: z.enum(['S256', 'plain']) }).exactOptional(),
  identity,
  connectorId: storable,
  connectorData: z.base64().transform((encoded) => Buffer.from(encoded, 'base64')),
  authTime: moment,
  isRefreshable: z.boolean(),
  refreshesUpstream: z.boolean(),
  sessionId: storable.exactOptional(),
  details: z
    .record(text, z.unknown())
    .transform((json) => json as AuthorizationDetails)
    .exactOptional(),
});

const grantLine = z.strictObject({
  type: z.literal('grant'),
  id: z.guid().toLowerCase(),
  codeHash: text.regex(/^[0-9a-f]{64}$/).transform((hex) => Buffer.from(hex, 'hex')),
  subject: storable,
  authorization,
  generation: z.int().min(0),
  createdAt: moment,
  lastUsedAt: moment,
  rotatedAt: moment.exactOptional(),
  attemptId: storable.exactOptional(),
  expiresAt: moment.exactOptional(),
  endsAt: moment.exactOptional(),
  revokedAt: moment.exactOptional(),
  revokedReason: storable.exactOptional(),
});

const MAX_ID_BYTES = 512;
const key = storable.refine((id) => id !== '' && Buffer.byteLength(id) <= MAX_ID_BYTES);

const recordLine = z.strictObject({
  type: z.literal('record'),
  kind: z.enum(allRecordKinds.filter((kind) => kind !== 'lease') as [RecordKind, ...RecordKind[]]),
  id: key,
  version: z.int().min(1),
  body: storable.refine(isJsonObject),
  owner: key.exactOptional(),
  expiresAt: moment.exactOptional(),
});

const eventLine = z.strictObject({
  type: z.literal('event'),
  id: z.guid().toLowerCase(),
  name: key,
  key,
  time: moment,
  data: storable.refine(isJsonObject),
});

const line = z.discriminatedUnion('type', [grantLine, recordLine, eventLine]);

/** A line of an export, taken apart. Members it does not know are faults: nothing of a store may be lost in silence. */
export const entrySchema = line.transform((parsed): PortableEntry => {
  switch (parsed.type) {
    case 'grant':
      return { type: 'grant', grant: portableGrant(parsed) };
    case 'record': {
      const { type, kind, ...record } = parsed;
      return { type, kind, record: record satisfies StoredRecord };
    }
    case 'event': {
      const { type, name, ...event } = parsed;
      return { type, event: { ...event, type: name } };
    }
  }
});

function portableGrant(parsed: z.output<typeof grantLine>): PortableGrant {
  const { id, codeHash, subject, endsAt, rotatedAt, attemptId, revokedReason } = parsed;
  const { authorization: agreed, generation, createdAt, lastUsedAt, expiresAt, revokedAt } = parsed;
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  return {
    id,
    codeHash,
    subject,
    authorization: agreed,
    createdAt,
    ...expiry,
    ...(endsAt === undefined ? {} : { endsAt }),
    grant: {
      id,
      authorization: agreed,
      generation,
      createdAt,
      lastUsedAt,
      ...expiry,
      ...(revokedAt === undefined ? {} : { revokedAt }),
    },
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(attemptId === undefined ? {} : { attemptId }),
    ...(revokedReason === undefined ? {} : { revokedReason }),
  };
}

function isJsonObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
