import type { Grant } from '@tessera/contracts';
import { termsFromJson } from './authorization-json.ts';
import { identityFromJson } from './identity-json.ts';

/** A grant as the columns of a database hold it. */
export interface GrantColumns {
  readonly id: string;
  readonly terms: string;
  readonly identity: string;
  readonly connectorData: Uint8Array;
  readonly generation: number;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** The grant of its columns. */
export function grantFromColumns(columns: GrantColumns): Grant {
  return {
    id: columns.id,
    authorization: {
      ...termsFromJson(columns.terms),
      identity: identityFromJson(columns.identity),
      connectorData: columns.connectorData,
    },
    generation: columns.generation,
    createdAt: columns.createdAt,
    lastUsedAt: columns.lastUsedAt,
    ...(columns.expiresAt === null ? {} : { expiresAt: columns.expiresAt }),
    ...(columns.revokedAt === null ? {} : { revokedAt: columns.revokedAt }),
  };
}
