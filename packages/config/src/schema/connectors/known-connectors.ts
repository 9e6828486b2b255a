import type * as z from 'zod';
import { suggestName } from '../../load/suggestion.ts';
import type { Partially } from '../partially.ts';
import { type connectorSchema, localConnector } from './connector.ts';

/** What other blocks need to know of a connector they name. */
export interface KnownConnector {
  readonly id: string;
  readonly type: string | undefined;
  /** Empty = all. */
  readonly grantTypes: readonly (string | undefined)[];
}

/** The connectors that other blocks may name; undefined when a mistake in the list hides one of them. */
export function findKnownConnectors(
  connectors: readonly (Partially<z.input<typeof connectorSchema>> | undefined)[] | undefined,
  isPasswordDbEnabled: boolean,
): readonly KnownConnector[] | undefined {
  const listed = (connectors ?? []).map((connector) =>
    connector?.id === undefined
      ? undefined
      : { id: connector.id, type: connector.type, grantTypes: connector.grantTypes ?? [] },
  );
  if (listed.includes(undefined)) return undefined;
  const known = listed.filter((connector) => connector !== undefined);
  return isPasswordDbEnabled ? [...known, localConnector] : known;
}

/** The message for a name that is no connector's; undefined when it is one, or when that cannot be known. */
export function connectorNameFault(id: string, known: readonly KnownConnector[] | undefined): string | undefined {
  if (known === undefined || known.some((connector) => connector.id === id)) return undefined;
  const names = known.map((connector) => connector.id);
  const suggestion = suggestName(id, names);
  const guess =
    suggestion === undefined ? `; configured are ${names.join(', ') || 'none'}` : `; did you mean "${suggestion}"?`;
  return `is "${id}", which is no connector${guess}`;
}
