import { createHash } from 'node:crypto';
import type { ClientDirectory, LogoutDelivery, Session, Storage } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';

/** How long a client that cannot be reached is told again: 24 hours. */
const DELIVERY_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** What ending a session takes. */
export interface EndSessionContext {
  readonly storage: Pick<Storage, 'putLogoutDeliveries' | 'endSession'>;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly clock: { now(): Date };
  readonly subjectAt: (client: Client, subject: string) => string;
  /** Called when there is something to deliver, so that nobody has to wait for the next look. */
  readonly onLogoutDeliveries?: (() => void) | undefined;
}

/** Most clients whose grants end with one session, which is as many as storage takes. */
const MAX_CLIENTS = 1000;

/** How a session ends. */
export interface SessionEnding {
  /** For the event: `logout`, `other_person`, … */
  readonly reason: string;
  /** Whether every grant of the session ends with it, also of clients that did not ask for that. Default false: those of clients that did. */
  readonly revokesGrants?: boolean;
}

/**
 * Ends a session: keeps what has to be told to its clients (OIDC Back-Channel Logout §2.5), then removes it. After a crash
 * between the two the clients are told of a session that is still there, and the caller repeats. False: it ended before.
 */
export async function endBrowserSession(
  context: EndSessionContext,
  session: Pick<Session, 'id' | 'subject' | 'clientIds'>,
  { reason, revokesGrants = false }: SessionEnding,
): Promise<boolean> {
  const deliveries = logoutDeliveries(context, session);
  if (deliveries.length > 0) await context.storage.putLogoutDeliveries(deliveries);
  const bound = revokesGrants ? [] : clientsBoundToSession(context, session);
  const isEnded = await context.storage.endSession({
    id: session.id,
    reason,
    revokesGrants,
    ...(bound.length === 0 ? {} : { revokesGrantsOfClients: bound }),
  });
  if (deliveries.length > 0) context.onLogoutDeliveries?.();
  return isEnded;
}

/** Clients whose refresh tokens end with the session they came of (as Dex's `refreshTokenLifetime: session`). */
function clientsBoundToSession(
  { clients }: Pick<EndSessionContext, 'clients'>,
  { clientIds }: Pick<Session, 'clientIds'>,
): readonly string[] {
  return clientIds
    .filter((id) => clients.find(id)?.settings.refreshTokens?.endWithSession === true)
    .slice(0, MAX_CLIENTS);
}

/** What is to be told about the end of a session, one for each client with an address for it. */
export function logoutDeliveries(
  { clients, clock, subjectAt }: Pick<EndSessionContext, 'clients' | 'clock' | 'subjectAt'>,
  { id, subject, clientIds }: Pick<Session, 'id' | 'subject' | 'clientIds'>,
): readonly LogoutDelivery[] {
  const now = clock.now();
  return clientIds.flatMap((clientId) => {
    const client = clients.find(clientId);
    if (client?.settings.backchannelLogoutUri === undefined) return [];
    const namesSession = client.settings.backchannelLogoutSessionRequired !== false;
    return [
      {
        id: deliveryId(id, clientId),
        clientId,
        subject: subjectAt(client, subject),
        ...(namesSession ? { sessionId: id } : {}),
        attempts: 0,
        dueAt: now,
        expiresAt: new Date(now.getTime() + DELIVERY_LIFETIME_MS),
      },
    ];
  });
}

/** The same for the same end, so that ending twice tells once. */
function deliveryId(sessionId: string, clientId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([sessionId, clientId]))
    .digest('base64url');
}
