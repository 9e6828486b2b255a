import type { Authentication } from '@tessera/contracts';
import type { Identity } from '@tessera/oauth';
import type { Locale } from '../locales/catalogue.ts';

/** One sign-in in progress, from the authorization request until the code. Kept by storage under its id. */
export interface Flow {
  /** 16 random bytes (and the trace it belongs to), base64url. The code is made of it. */
  readonly id: string;
  /** As storage counts it. */
  readonly version: number;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state?: string;
  readonly nonce?: string;
  readonly scopes: readonly string[];
  readonly pkce?: { readonly challenge: string; readonly method: 'S256' | 'plain' };
  readonly forcesApproval: boolean;
  readonly connectorId: string;
  readonly loginHint?: string;
  /** The language the client asked for (OIDC Core §3.1.2.1 `ui_locales`), if we have it. */
  readonly locale?: Locale;
  /** SHA-256 of the browser's key: only that browser may go on. */
  readonly browser: string;
  /** Where the person can start again: a path of ours. */
  readonly restart: string;
  /** What the connector wants back with the callback. */
  readonly connectorData: Uint8Array;
  /** Who it is; undefined until they signed in. */
  readonly authentication?: Authentication & { readonly authTime: Date };
}

interface StoredFlow extends Omit<Flow, 'id' | 'version' | 'connectorData' | 'authentication'> {
  readonly format: 1;
  readonly connectorData: string;
  readonly authentication?: { readonly identity: Identity; readonly connectorData: string; readonly authTime: number };
}

/** A flow as storage keeps it. */
export function encodeFlow(flow: Flow): Uint8Array {
  const { id: _id, version: _version, authentication, connectorData, ...rest } = flow;
  const stored: StoredFlow = {
    format: 1,
    ...rest,
    connectorData: toText(connectorData),
    ...(authentication === undefined
      ? {}
      : {
          authentication: {
            identity: authentication.identity,
            connectorData: toText(authentication.connectorData),
            authTime: authentication.authTime.getTime(),
          },
        }),
  };
  return Buffer.from(JSON.stringify(stored));
}

/** The flow of a record; undefined for a format of another version, which is as good as expired. */
export function decodeFlow(id: string, version: number, payload: Uint8Array): Flow | undefined {
  const { format, authentication, connectorData, ...rest } = JSON.parse(Buffer.from(payload).toString()) as StoredFlow;
  if (format !== 1) return undefined;
  return {
    ...rest,
    id,
    version,
    connectorData: toBytes(connectorData),
    ...(authentication === undefined
      ? {}
      : {
          authentication: {
            identity: authentication.identity,
            connectorData: toBytes(authentication.connectorData),
            authTime: new Date(authentication.authTime),
          },
        }),
  };
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function toBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
