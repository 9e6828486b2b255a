/** How a person came to a client in a session. Only one they signed in at directly shares the session with others. */
export type ClientEntry = 'direct' | 'sso';

/** A client in a session. */
export interface SessionClient {
  readonly authenticatedAt: Date;
  readonly via: ClientEntry;
}

/** What a session says beyond what storage reads. */
export interface SessionContent {
  /** Counts the sign-ins in it; the cookie names the latest, so that one of an earlier sign-in opens nothing (N53). */
  readonly signIns: number;
  /** RFC 8176, e.g. `pwd`; `fed` for an upstream. */
  readonly amr: readonly string[];
  /** OIDC Core §2; undefined = none is claimed. */
  readonly acr?: string;
  readonly clients: ReadonlyMap<string, SessionClient>;
  /** Whether the cookie outlives the browser. */
  readonly isRemembered: boolean;
  /** Of the sign-in, sealed by the federation service: for signing out at the upstream. */
  readonly connectorData: Uint8Array;
  /** What scripts see change when the session does (OIDC Session Management §4.2). */
  readonly browserState: string;
}

interface StoredContent {
  readonly format: 1;
  readonly signIns: number;
  readonly amr: readonly string[];
  readonly acr?: string;
  readonly clients: readonly (readonly [id: string, authenticatedAt: number, via: ClientEntry])[];
  readonly isRemembered: boolean;
  readonly connectorData: string;
  readonly browserState: string;
}

/** A content as storage keeps it. */
export function encodeSessionContent({ clients, connectorData, ...rest }: SessionContent): Uint8Array {
  const stored: StoredContent = {
    format: 1,
    ...rest,
    clients: [...clients].map(([id, { authenticatedAt, via }]) => [id, authenticatedAt.getTime(), via]),
    connectorData: Buffer.from(connectorData).toString('base64'),
  };
  return Buffer.from(JSON.stringify(stored));
}

/** The content of a payload; undefined for a format of another version, which is as good as no session. */
export function decodeSessionContent(payload: Uint8Array): SessionContent | undefined {
  const { format, clients, connectorData, ...rest } = JSON.parse(Buffer.from(payload).toString()) as StoredContent;
  if (format !== 1) return undefined;
  return {
    ...rest,
    clients: new Map(clients.map(([id, at, via]) => [id, { authenticatedAt: new Date(at), via }])),
    connectorData: Buffer.from(connectorData, 'base64'),
  };
}
