import type { Session, Versioned } from '@tessera/contracts';
import type { FlowAuthentication } from '../flow/flow.ts';
import { decodeSessionContent, encodeSessionContent, type SessionContent } from './session-content.ts';

/** A person signed in with one browser, as the endpoints work with it. */
export interface BrowserSession extends Omit<Session, 'payload'> {
  readonly content: SessionContent;
  /** As storage counts it. */
  readonly version: number;
}

/** A session as storage gave it; undefined for one of another version of this server. */
export function fromRecord({ value, version }: Versioned<Session>): BrowserSession | undefined {
  const { payload, ...rest } = value;
  const content = decodeSessionContent(payload);
  return content === undefined ? undefined : { ...rest, content, version };
}

/** A session as storage keeps it. */
export function toRecord({ content, version: _version, ...rest }: BrowserSession): Session {
  return { ...rest, payload: encodeSessionContent(content) };
}

/** The sign-in of a session, as a flow has it. */
export function authenticationOf({ id, identity, authTime, content }: BrowserSession): FlowAuthentication {
  const { connectorData, amr, acr } = content;
  return { identity, connectorData, authTime, amr, ...(acr === undefined ? {} : { acr }), sessionId: id };
}

/** A list of clients with one more, if it is not there yet. */
export function withClient(clientIds: readonly string[], clientId: string): readonly string[] {
  return clientIds.includes(clientId) ? clientIds : [...clientIds, clientId];
}
