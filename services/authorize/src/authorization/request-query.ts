import type { Parameters } from '@tessera/oauth';

/** Parameters as a query. */
export function queryOf(entries: Parameters['entries']): string {
  return new URLSearchParams(entries.map(([name, value]) => [name, value])).toString();
}

/** An authorization request again as a query, without the choice of a connector (which the path says from then on). */
export function requestQuery({ entries }: Parameters): string {
  return queryOf(entries.filter(([name]) => name !== 'connector_id'));
}
