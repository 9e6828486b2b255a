import type { SchemaState, SchemaStep } from '../../migrations/schema-state.ts';
import { cannotOpen } from '../../rules/store-errors.ts';
import type { EtcdConnection } from './connection.ts';
import type { Keyspace } from './keyspace.ts';
import { get, isAbsent, put } from './steps.ts';

/** A layout of the keys. */
export interface Layout {
  readonly version: number;
  readonly name: string;
  /** The lowest version whose code still works on it. */
  readonly compatibleWith: number;
}

/** The layout this code writes. */
export const LAYOUT: Layout = { version: 1, name: 'initial', compatibleWith: 1 };

/**
 * Says which layout the keys have, where nothing says it yet, and else checks that this code works on it.
 *
 * @returns the layout where this said so, nothing where it was said before.
 * @throws TesseraError `storage.cannot_open` when it does not.
 */
export async function prepareLayout(connection: EtcdConnection, { schema }: Keyspace): Promise<readonly SchemaStep[]> {
  const { succeeded, responses } = await connection.txn({
    compare: [isAbsent(schema)],
    success: [put(schema, JSON.stringify(LAYOUT))],
    failure: [get(schema)],
  });
  if (succeeded) return [LAYOUT];
  assertUsable(schema, responses[0]?.response_range?.kvs[0]?.value.toString() ?? '');
  return [];
}

/**
 * Says whether the layout is there, and changes nothing.
 *
 * @throws TesseraError `storage.cannot_open` as {@link prepareLayout} does.
 */
export async function checkLayout(connection: EtcdConnection, { schema }: Keyspace): Promise<SchemaState> {
  const { kvs } = await connection.range({ key: schema });
  const [present] = kvs;
  if (present === undefined) return { applied: 0, pending: [LAYOUT] };
  assertUsable(schema, present.value.toString());
  return { applied: 1, pending: [] };
}

function assertUsable(schema: Buffer, text: string): void {
  const present = parseLayout(text);
  if (present === undefined) throw cannotOpen(`cannot use etcd: ${schema.toString()} describes no layout`);
  const { version, name, compatibleWith } = present;
  if (compatibleWith > LAYOUT.version) {
    throw cannotOpen(`cannot use etcd: its layout ${version} (${name}) needs a newer version of this program`);
  }
  if (version === LAYOUT.version && name !== LAYOUT.name) {
    throw cannotOpen(`cannot use etcd: its layout ${version} (${name}) differs from the one of this program`);
  }
}

function parseLayout(text: string): Layout | undefined {
  try {
    const { version, name, compatibleWith } = JSON.parse(text) as Partial<Layout>;
    if (typeof version !== 'number' || typeof name !== 'string' || typeof compatibleWith !== 'number') return undefined;
    return { version, name, compatibleWith };
  } catch {
    return undefined;
  }
}
