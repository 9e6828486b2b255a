import type { Client, Parameters } from '@tessera/oauth';
import type { Locale } from '../locales/catalogue.ts';
import { findLocale } from '../locales/choose-locale.ts';
import { type LogoutHint, type LogoutHintContext, verifyLogoutHint } from './logout-hint.ts';
import { LogoutRefusal } from './logout-refusal.ts';
import type { PostLogoutTarget } from './post-logout-target.ts';

/** What a logout request asks for (OIDC RP-Initiated Logout §2), checked. `logout_hint` is not needed: the cookie says who it is. */
export interface LogoutRequest {
  /** Who asks, as the hint proves or `client_id` claims. */
  readonly client?: Client;
  readonly hint?: LogoutHint;
  /** Where the person goes afterwards; undefined = to a page of ours. */
  readonly target?: PostLogoutTarget;
  /** The language the client asked for, if we have it. */
  readonly locale?: Locale;
}

/**
 * Checks a logout request. Throws {@link LogoutRefusal} for a hint that is not of this issuer or of another client than
 * `client_id` says, for an unknown client, and for an address that is not registered for the client, or belongs to none.
 */
export async function parseLogoutRequest(parameters: Parameters, context: LogoutHintContext): Promise<LogoutRequest> {
  if (parameters.repeated.length > 0) throw new LogoutRefusal('bad-logout', 'A parameter was sent more than once.');
  const hint = await parseHint(parameters, context);
  const client = hint?.client ?? findClient(parameters.get('client_id'), context);
  const target = parseTarget(parameters, client);
  const locale = findLocale(parameters.get('ui_locales'));
  return {
    ...(client === undefined ? {} : { client }),
    ...(hint === undefined ? {} : { hint }),
    ...(target === undefined ? {} : { target }),
    ...(locale === undefined ? {} : { locale }),
  };
}

async function parseHint(parameters: Parameters, context: LogoutHintContext): Promise<LogoutHint | undefined> {
  const token = parameters.get('id_token_hint');
  if (token === undefined) return undefined;
  const hint = await verifyLogoutHint(token, parameters.get('client_id'), context);
  if (hint !== undefined) return hint;
  throw new LogoutRefusal('bad-logout', 'The id_token_hint is not an ID token that this issuer gave to the client.');
}

function findClient(clientId: string | undefined, { clients }: LogoutHintContext): Client | undefined {
  if (clientId === undefined) return undefined;
  const client = clients.find(clientId);
  if (client?.isEnabled !== true) throw new LogoutRefusal('unknown-application', 'The client_id is not registered.');
  return client;
}

/** OIDC RP-Initiated Logout §3: only an address that is registered for the client, character by character. */
function parseTarget(parameters: Parameters, client: Client | undefined): PostLogoutTarget | undefined {
  const redirectUri = parameters.get('post_logout_redirect_uri');
  if (redirectUri === undefined) return undefined;
  if (client === undefined) {
    const detail = 'A post_logout_redirect_uri needs an id_token_hint or a client_id.';
    throw new LogoutRefusal('bad-logout', detail);
  }
  if (!client.postLogoutRedirectUris.includes(redirectUri)) {
    const detail = 'The post_logout_redirect_uri is not registered for this client.';
    throw new LogoutRefusal('untrusted-return', detail, client);
  }
  const state = parameters.get('state');
  return { clientId: client.id, redirectUri, ...(state === undefined ? {} : { state }) };
}
