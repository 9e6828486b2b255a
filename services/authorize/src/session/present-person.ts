import { type ConnectorDirectory, type Federation, federationErrors } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { Identity } from '@tessera/oauth';
import type { BrowserSession } from './browser-session.ts';

/** Who is asked about people. */
export interface PresentPersonContext {
  readonly connectors: Pick<ConnectorDirectory, 'find'>;
  readonly federation: Pick<Federation, 'refresh'>;
}

/**
 * Who the person of a session is by now; undefined = they may not sign in any more, and neither does the session stand for them
 * (N38). Only of people that are kept here is that known without asking their upstream, which is asked at the next sign-in; for
 * all others it is as the session says. The user id is the session's for good. Throws the TesseraError of a federation service
 * that does not answer.
 */
export async function findPresentPerson(
  { connectorId, identity, content }: BrowserSession,
  { connectors, federation }: PresentPersonContext,
): Promise<Identity | undefined> {
  const connector = connectors.find(connectorId);
  if (connector === undefined || !connector.canRefresh || connector.refreshesUpstream) return identity;
  try {
    const { connectorData } = content;
    const present = await federation.refresh({ connectorId, identity, connectorData, scopes: [] });
    return { ...present.identity, userId: identity.userId };
  } catch (thrown) {
    if (thrown instanceof TesseraError && thrown.code === federationErrors.userGone) return undefined;
    throw thrown;
  }
}
