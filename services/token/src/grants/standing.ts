import type { Authorization, ClientDirectory, ConnectorDirectory } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { type Client, peersOfScopes } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import { invalidGrant } from './grant-handler.ts';

/** What is asked whether a grant still stands. */
export interface StandingDependencies {
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly connectors: Pick<ConnectorDirectory, 'find' | 'list'>;
  readonly logger: Logger;
}

/** A grant about to be answered with tokens. */
export interface StandingQuestion {
  readonly client: Client;
  readonly authorization: Pick<Authorization, 'connectorId' | 'scopes'>;
  /** Value of `grant_type`: connectors may be for some only. */
  readonly grantType: string;
}

/**
 * Throws TesseraError `unavailable` as long as the connectors are not known: there is always one, so none means that the
 * federation service has not answered yet. To be asked before anything is consumed.
 */
export function assertConnectorsKnown(connectors: Pick<ConnectorDirectory, 'list'>): void {
  if (connectors.list().length === 0) {
    throw unavailable('token.connectors_unknown', 'the connectors are not loaded yet');
  }
}

/**
 * Whether what was allowed at sign-in still is (N23, N40): the connector exists and may be used for this grant and by this
 * client, and every client that is an audience of the tokens still trusts this one. Throws OAuthError `invalid_grant`.
 */
export function assertGrantStands(question: StandingQuestion, dependencies: StandingDependencies): void {
  const fault = findFault(question, dependencies);
  if (fault === undefined) return;
  const { client, authorization, grantType } = question;
  dependencies.logger.info(
    { client_id: client.id, connector_id: authorization.connectorId, grant_type: grantType, reason: fault },
    'a grant does not stand any more',
  );
  throw invalidGrant(descriptions[fault]);
}

type StandingFault = 'connector_not_allowed' | 'connector_gone' | 'peer_distrusts';

const descriptions: Readonly<Record<StandingFault, string>> = {
  connector_not_allowed: 'Connector not allowed for this client.',
  connector_gone: 'The connector of this sign-in may not be used any more.',
  peer_distrusts: 'An audience of this sign-in does not trust the client any more.',
};

function findFault(
  { client, authorization, grantType }: StandingQuestion,
  { clients, connectors }: StandingDependencies,
): StandingFault | undefined {
  const { connectorId, scopes } = authorization;
  const { allowedConnectors } = client;
  if (allowedConnectors.length > 0 && !allowedConnectors.includes(connectorId)) return 'connector_not_allowed';
  const connector = connectors.find(connectorId);
  const grantTypes = connector?.grantTypes ?? [];
  if (connector === undefined || (grantTypes.length > 0 && !grantTypes.includes(grantType))) return 'connector_gone';
  return peersOfScopes(scopes).every((peer) => trustsClient(clients.find(peer), client)) ? undefined : 'peer_distrusts';
}

/** Whether tokens of `client` may be for `peer` too: it is enabled, and names the client among its trusted peers, or is it. */
export function trustsClient(peer: Client | undefined, client: Client): boolean {
  return peer?.isEnabled === true && (peer.id === client.id || peer.trustedPeers.includes(client.id));
}
