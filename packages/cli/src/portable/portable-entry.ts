import type { SecurityEvent } from '@tessera/contracts';
import type { PortableGrant, RecordKind, StoredRecord } from '@tessera/storage';

/** What a store consists of, piece by piece. */
export type PortableEntry =
  | { readonly type: 'grant'; readonly grant: PortableGrant }
  | { readonly type: 'record'; readonly kind: RecordKind; readonly record: StoredRecord }
  | { readonly type: 'event'; readonly event: SecurityEvent };
