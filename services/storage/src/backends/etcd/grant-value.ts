import type { Grant, GrantSelector } from '@tessera/contracts';
import { authorizationFromJson, authorizationToJson } from '../../codec/authorization-json.ts';
import type { NewGrant, PortableGrant } from '../../ports.ts';
import type { GrantRecord } from '../../rules/judge-rotation.ts';

/** A grant as it is kept. */
export interface StoredGrant extends GrantRecord {
  /** In hexadecimal. */
  readonly codeHash: string;
  readonly subject: string;
  readonly revokedReason?: string;
}

/** What grants are found by. */
export type GrantMember = 'session' | 'subject' | 'client' | 'connector';

interface GrantJson {
  readonly id: string;
  readonly codeHash: string;
  readonly subject: string;
  readonly authorization: string;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
  readonly rotatedAtMs?: number | undefined;
  readonly attemptId?: string | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly endsAtMs?: number | undefined;
  readonly revokedAtMs?: number | undefined;
  readonly revokedReason?: string | undefined;
}

/** A grant as JSON. */
export function grantToJson({ grant, codeHash, subject, revokedReason, ...record }: StoredGrant): string {
  const json: GrantJson = {
    id: grant.id,
    codeHash,
    subject,
    authorization: authorizationToJson(grant.authorization),
    generation: grant.generation,
    createdAtMs: grant.createdAt.getTime(),
    lastUsedAtMs: grant.lastUsedAt.getTime(),
    rotatedAtMs: record.rotatedAt?.getTime(),
    attemptId: record.attemptId,
    expiresAtMs: grant.expiresAt?.getTime(),
    endsAtMs: record.endsAt?.getTime(),
    revokedAtMs: grant.revokedAt?.getTime(),
    revokedReason,
  };
  return JSON.stringify(json);
}

/** The grant of its JSON. */
export function grantFromJson(text: string): StoredGrant {
  const json = JSON.parse(text) as GrantJson;
  const { rotatedAtMs, attemptId, expiresAtMs, endsAtMs, revokedAtMs, revokedReason } = json;
  const grant: Grant = {
    id: json.id,
    authorization: authorizationFromJson(json.authorization),
    generation: json.generation,
    createdAt: new Date(json.createdAtMs),
    lastUsedAt: new Date(json.lastUsedAtMs),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
    ...(revokedAtMs === undefined ? {} : { revokedAt: new Date(revokedAtMs) }),
  };
  return {
    grant,
    codeHash: json.codeHash,
    subject: json.subject,
    ...(rotatedAtMs === undefined ? {} : { rotatedAt: new Date(rotatedAtMs) }),
    ...(attemptId === undefined ? {} : { attemptId }),
    ...(endsAtMs === undefined ? {} : { endsAt: new Date(endsAtMs) }),
    ...(revokedReason === undefined ? {} : { revokedReason }),
  };
}

/** A grant as it is at first, and as it will be read. */
export function newStoredGrant(item: NewGrant): StoredGrant {
  const { id, codeHash, subject, createdAt, expiresAt, endsAt } = item;
  const authorization = { ...item.authorization, connectorData: Buffer.from(item.authorization.connectorData) };
  return {
    grant: {
      id,
      authorization,
      generation: 0,
      createdAt,
      lastUsedAt: createdAt,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    codeHash: codeHash.toString('hex'),
    subject,
    ...(endsAt === undefined ? {} : { endsAt }),
  };
}

/** A grant as it moves to another store. */
export function toPortable({ grant, codeHash, ...rest }: StoredGrant): PortableGrant {
  const { id, authorization, createdAt, expiresAt } = grant;
  return {
    ...rest,
    id,
    codeHash: Buffer.from(codeHash, 'hex'),
    authorization,
    createdAt,
    grant,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** A grant that comes from another store. */
export function fromPortable(portable: PortableGrant): StoredGrant {
  const { grant, codeHash, subject, endsAt, rotatedAt, attemptId, revokedReason } = portable;
  return {
    grant,
    codeHash: codeHash.toString('hex'),
    subject,
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(attemptId === undefined ? {} : { attemptId }),
    ...(revokedReason === undefined ? {} : { revokedReason }),
  };
}

/** What a grant is found by; that never changes. */
export function membersOf({ subject, grant }: StoredGrant): readonly (readonly [GrantMember, string])[] {
  const { clientId, connectorId, sessionId } = grant.authorization;
  return [
    ...(sessionId === undefined ? [] : [['session', sessionId] as const]),
    ['subject', subject],
    ['client', clientId],
    ['connector', connectorId],
  ];
}

/** What a selector says, the member with the fewest grants first. */
export function membersOfSelector(selector: GrantSelector): readonly (readonly [GrantMember, string])[] {
  const { sessionId, subject, clientId, connectorId } = selector;
  const all: readonly (readonly [GrantMember, string | undefined])[] = [
    ['session', sessionId],
    ['subject', subject],
    ['client', clientId],
    ['connector', connectorId],
  ];
  return all.flatMap(([member, value]) => (value === undefined ? [] : [[member, value] as const]));
}

/** Whether a grant fits all that a selector says. */
export function fitsSelector(stored: StoredGrant, selector: GrantSelector): boolean {
  const own = new Map(membersOf(stored));
  return membersOfSelector(selector).every(([member, value]) => own.get(member) === value);
}
