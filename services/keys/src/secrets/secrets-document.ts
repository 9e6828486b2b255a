import type { SealedKey } from '../encryption/envelope.ts';
import {
  type JsonMembers,
  readList,
  readMembers,
  readMoment,
  readOptionalSeconds,
  unknownFormat,
} from '../encryption/json-reading.ts';
import { readSealedKey } from '../encryption/sealed-key-json.ts';
import { isKeyStep, type ToldKey } from '../rotation/key-changes.ts';
import type { RotatingKey } from '../rotation/plan.ts';

/** A master secret as it is stored. It lives as a signing key does: pre-published, active, retired (it still checks), gone. */
export interface StoredMasterSecret extends ToldKey, Pick<RotatingKey, 'retentionSeconds'> {
  /** 1 to 255: one byte of each credential names it. */
  readonly version: number;
  /** The version, for events. */
  readonly kid: string;
  /** 32 bytes, sealed. */
  readonly secret: SealedKey;
}

/** The number of a secret that was revoked, while something may still name it. */
export interface RevokedVersion {
  readonly version: number;
  readonly revokedAt: Date;
  /** From when the number may be used again. */
  readonly freeAt: Date;
}

/** All master secrets. */
export interface SecretsDocument {
  /** In order of activation. */
  readonly versions: readonly StoredMasterSecret[];
  readonly revoked: readonly RevokedVersion[];
}

const FORMAT = 1;

/** A document as JSON. */
export function secretsDocumentToJson({ versions, revoked }: SecretsDocument): unknown {
  const stored = versions.map(({ kid: _version, ...secret }) => secret);
  return { format: FORMAT, versions: stored, ...(revoked.length > 0 && { revoked }) };
}

/** A document from JSON. Throws `keys.unknown_document_format`. */
export function secretsDocumentFromJson(json: unknown): SecretsDocument {
  const members = readMembers(json, 'secrets document');
  if (members['format'] !== FORMAT) throw unknownFormat('secrets document');
  const versions = readList(members['versions'], 'versions').map(readVersion);
  if (versions.length === 0) throw unknownFormat('versions');
  const revoked = members['revoked'] === undefined ? [] : readList(members['revoked'], 'revoked').map(readRevoked);
  return { versions, revoked };
}

function readVersion(value: unknown): StoredMasterSecret {
  const members = readMembers(value, 'master secret');
  const { createdAt, retiredAt, goneAt, told } = members as Record<string, unknown>;
  if (told !== undefined && !isKeyStep(told)) throw unknownFormat('told');
  const version = readNumber(members);
  const activeAt = readMoment(members['activeAt'], 'activeAt');
  // Version 0.1.0 knew one secret only, which was told of when it was made.
  const before = createdAt === undefined ? ({ createdAt: activeAt, told: 'activated' } as const) : undefined;
  return {
    version,
    kid: String(version),
    activeAt,
    ...(before ?? { createdAt: readMoment(createdAt, 'createdAt'), ...(told !== undefined && { told }) }),
    ...(retiredAt !== undefined && { retiredAt: readMoment(retiredAt, 'retiredAt') }),
    ...(goneAt !== undefined && { goneAt: readMoment(goneAt, 'goneAt') }),
    ...readOptionalSeconds(members, 'retentionSeconds'),
    secret: readSealedKey(members['secret']),
  };
}

function readRevoked(value: unknown): RevokedVersion {
  const members = readMembers(value, 'revoked secret');
  return {
    version: readNumber(members),
    revokedAt: readMoment(members['revokedAt'], 'revokedAt'),
    freeAt: readMoment(members['freeAt'], 'freeAt'),
  };
}

function readNumber(members: JsonMembers): number {
  const version = members['version'];
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > 255) {
    throw unknownFormat('version');
  }
  return version;
}
