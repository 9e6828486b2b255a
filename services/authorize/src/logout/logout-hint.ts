import type { ClientDirectory } from '@tessera/contracts';
import { type Client, parseCompactJws } from '@tessera/oauth';
import { type IdTokenHintContext, verifyIdTokenHint } from '../authorization/id-token-hint.ts';
import type { IdTokenHint } from '../authorization/request.ts';
import type { BrowserSession } from '../session/browser-session.ts';

/** An ID token of ours, as a logout request names a session by it. It proves nothing about who sends it (N57). */
export interface LogoutHint extends IdTokenHint {
  /** The client it was issued to. */
  readonly client: Client;
  /** May have passed (OIDC RP-Initiated Logout §2). */
  readonly expiresAt: Date;
}

/** What hints are verified with. */
export interface LogoutHintContext extends IdTokenHintContext {
  readonly clients: Pick<ClientDirectory, 'find'>;
}

/**
 * Verifies the `id_token_hint` of a logout request (OIDC RP-Initiated Logout §2, §4): an ID token that this issuer gave to the
 * client `clientId`, or to whatever enabled client it says when that is undefined. It may have expired. Undefined for everything
 * else, tokens of other kinds included (N81).
 */
export async function verifyLogoutHint(
  token: string,
  clientId: string | undefined,
  context: LogoutHintContext,
): Promise<LogoutHint | undefined> {
  const parsed = parseCompactJws(token);
  if (!parsed.ok) return undefined;
  const { azp, aud, exp } = parsed.jws.payload;
  // Nothing of it is trusted yet: this only finds whose secret or whose tokens to compare with.
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  const named = clientId ?? azp ?? audience;
  const client = typeof named === 'string' ? context.clients.find(named) : undefined;
  if (client?.isEnabled !== true) return undefined;
  const hint = await verifyIdTokenHint(token, client, context);
  return hint === undefined ? undefined : { ...hint, client, expiresAt: new Date(Number(exp) * 1000) };
}

/**
 * Whether a hint names a session and its person: then nobody has to be asked (N56). One without `sid`, issued where there were
 * no sessions, names all of the person's.
 */
export function namesSession(
  { client, subject, sessionId }: LogoutHint,
  session: Pick<BrowserSession, 'id' | 'subject'>,
  subjectAt: (client: Client, subject: string) => string,
): boolean {
  return (sessionId === undefined || sessionId === session.id) && subject === subjectAt(client, session.subject);
}
