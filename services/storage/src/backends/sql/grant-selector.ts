import type { GrantSelector } from '@tessera/contracts';

/** A member of a selector as the columns of a table say it. */
interface SelectorColumn {
  readonly column: string;
  readonly value: string;
}

/** What a selector comes to: the columns it compares, the one that finds the fewest rows first. Never empty. */
export function selectorColumns(selector: GrantSelector): readonly [SelectorColumn, ...SelectorColumn[]] {
  const members = [
    ['session_id', selector.sessionId],
    ['subject', selector.subject],
    ['client_id', selector.clientId],
    ['connector_id', selector.connectorId],
  ] as const;
  const [first, ...rest] = members.flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]));
  if (first === undefined) throw new Error('a selector of grants without a member');
  return [first, ...rest];
}
