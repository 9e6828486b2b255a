import type { SealedKey } from '../encryption/envelope.ts';
import { readList, readMembers, readMoment, unknownFormat } from '../encryption/json-reading.ts';
import { readSealedKey } from '../encryption/sealed-key-json.ts';

/** A master secret as it is stored. */
interface StoredMasterSecret {
  /** 1 to 255: one byte of each credential names it. */
  readonly version: number;
  /** From when new credentials are made with it; until then it only checks. */
  readonly activeAt: Date;
  /** 32 bytes, sealed. */
  readonly secret: SealedKey;
}

/** All master secrets. */
export interface SecretsDocument {
  readonly versions: readonly StoredMasterSecret[];
}

const FORMAT = 1;

/** A document as JSON. */
export function secretsDocumentToJson(document: SecretsDocument): unknown {
  return { format: FORMAT, versions: document.versions };
}

/** A document from JSON. Throws `keys.unknown_document_format`. */
export function secretsDocumentFromJson(json: unknown): SecretsDocument {
  const members = readMembers(json, 'secrets document');
  if (members['format'] !== FORMAT) throw unknownFormat('secrets document');
  const versions = readList(members['versions'], 'versions').map(readVersion);
  if (versions.length === 0) throw unknownFormat('versions');
  return { versions };
}

function readVersion(value: unknown): StoredMasterSecret {
  const members = readMembers(value, 'master secret');
  const version = members['version'];
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > 255) {
    throw unknownFormat('version');
  }
  return {
    version,
    activeAt: readMoment(members['activeAt'], 'activeAt'),
    secret: readSealedKey(members['secret']),
  };
}
