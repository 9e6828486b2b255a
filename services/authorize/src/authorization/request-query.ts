import type { Parameters } from '@tessera/oauth';

/** An authorization request again as a query, without the choice of a connector (which the path says from then on). */
export function requestQuery(parameters: Parameters): string {
  const entries = parameters.entries.filter(([name]) => name !== 'connector_id');
  return new URLSearchParams(entries.map(([name, value]) => [name, value])).toString();
}
