import type { ConsentScope } from '../consent/consent-scopes.ts';
import { displayName } from './display-name.ts';
import { html, type SafeHtml } from './html.ts';
import type { Say } from './say.ts';

/** One thing an application asks for, in plain words. */
export interface AccessItem {
  /** Undefined for a claim. */
  readonly scope: ConsentScope | undefined;
  /** Place among the scopes of the request; -1 for a claim. */
  readonly index: number;
  readonly text: SafeHtml;
  readonly description: string;
}

/** What an application asks for. */
export interface RequestedAccess {
  readonly see: readonly AccessItem[];
  readonly do: readonly AccessItem[];
}

const AUDIENCE_PREFIX = 'audience:server:client_id:';

/**
 * Turns scopes and claims into sentences (OIDC Core §5.4, §5.5, §11 and Dex's `groups`, `federated:id`,
 * `audience:server:client_id:…`). Nothing that is asked for stays hidden: a scope we do not know is shown by its name.
 */
export function requestedAccess(
  asked: { readonly scopes: readonly ConsentScope[]; readonly claims?: readonly string[] | undefined },
  audienceNames: ReadonlyMap<string, string>,
  say: Say,
): RequestedAccess {
  const items = asked.scopes.map((scope, index) => ({
    scope,
    index,
    text: sentence(scope, audienceNames, say),
    description: displayName(scope.description ?? ''),
  }));
  const claims = (asked.claims ?? []).map((claim) => ({
    scope: undefined,
    index: -1,
    text: claimSentence(claim, say),
    description: '',
  }));
  return {
    see: [...items.filter(({ scope }) => scope.kind === 'identity'), ...claims],
    do: items.filter(({ scope }) => scope.kind !== 'identity'),
  };
}

/** What whoever runs the issuer calls it; else our own words, else its name. */
function sentence(scope: ConsentScope, audienceNames: ReadonlyMap<string, string>, say: Say): SafeHtml {
  const { name, kind } = scope;
  const configured = displayName(scope.displayName ?? '');
  if (configured !== '') return html`${configured}`;
  if (kind === 'peer') {
    const clientId = name.slice(AUDIENCE_PREFIX.length);
    const application = displayName(audienceNames.get(clientId) ?? clientId);
    return say.html('access.audience', { applications: html`<strong>${application}</strong>` });
  }
  switch (name) {
    case 'openid':
    case 'profile':
    case 'email':
    case 'groups':
    case 'address':
    case 'phone':
      return say.html(`access.${name}`);
    case 'federated:id':
      return say.html('access.federatedId');
    case 'offline_access':
      return say.html('access.offline');
    default:
      return say.html('access.other', { name: html`<code>${displayName(name)}</code>` });
  }
}

/** Claims of the standard scopes (OIDC Core §5.4) in the words for those, others by their names. */
function claimSentence(claim: string, say: Say): SafeHtml {
  switch (claim) {
    case 'email':
    case 'email_verified':
      return say.html('access.email');
    case 'phone_number':
    case 'phone_number_verified':
      return say.html('access.phone');
    case 'address':
      return say.html('access.address');
    case 'groups':
      return say.html('access.groups');
    default:
      return say.html('access.claim', { name: html`<code>${displayName(claim)}</code>` });
  }
}
