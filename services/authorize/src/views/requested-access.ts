import { displayName } from './display-name.ts';
import { html, type SafeHtml } from './html.ts';
import type { Say } from './say.ts';

/** What an application asks for, in plain words. */
export interface RequestedAccess {
  readonly see: readonly SafeHtml[];
  readonly do: readonly SafeHtml[];
}

const AUDIENCE_PREFIX = 'audience:server:client_id:';

/**
 * Turns scopes into sentences (OIDC Core §5.4, §11 and Dex's `groups`, `federated:id`, `audience:server:client_id:…`).
 * Nothing that is asked for stays hidden: a scope we do not know is shown by its name.
 */
export function requestedAccess(
  scopes: readonly string[],
  audienceNames: ReadonlyMap<string, string>,
  say: Say,
): RequestedAccess {
  const unique = [...new Set(scopes)];
  const see = unique.flatMap((scope) => seen(scope, say));
  const audiences = unique
    .filter((scope) => scope.startsWith(AUDIENCE_PREFIX))
    .map((scope) => scope.slice(AUDIENCE_PREFIX.length))
    .map((clientId) => audienceNames.get(clientId) ?? clientId);
  const others = unique.filter((scope) => !isKnown(scope));
  return {
    see,
    do: [
      ...(audiences.length === 0 ? [] : [say.html('access.audience', { applications: nameList(audiences, say) })]),
      ...(unique.includes('offline_access') ? [say.html('access.offline')] : []),
      ...others.map((scope) => say.html('access.other', { name: html`<code>${displayName(scope)}</code>` })),
    ],
  };
}

function seen(scope: string, say: Say): readonly SafeHtml[] {
  switch (scope) {
    case 'openid':
    case 'profile':
    case 'email':
    case 'groups':
    case 'address':
    case 'phone':
      return [say.html(`access.${scope}`)];
    case 'federated:id':
      return [say.html('access.federatedId')];
    default:
      return [];
  }
}

function isKnown(scope: string): boolean {
  return (
    /^(?:openid|profile|email|groups|address|phone|federated:id|offline_access)$/.test(scope) ||
    scope.startsWith(AUDIENCE_PREFIX)
  );
}

/** "A, B and C" in the language of the page. */
function nameList(names: readonly string[], say: Say): SafeHtml {
  const parts = new Intl.ListFormat(say.locale, { type: 'conjunction' }).formatToParts(names.map(displayName));
  const pieces = parts.map((part) =>
    part.type === 'element' ? html`<strong>${part.value}</strong>` : html`${part.value}`,
  );
  return html`${pieces}`;
}
