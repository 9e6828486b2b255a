import type { Authentication } from '@tessera/contracts';
import type { ClaimsRequest } from '@tessera/oauth';
import type { IdTokenHint, ResponseMode, ResponseType } from '../authorization/request.ts';
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
  readonly responseType: ResponseType;
  readonly responseMode: ResponseMode;
  readonly isRedirectUriImplied: boolean;
  readonly resources: readonly string[];
  readonly claims?: ClaimsRequest;
  readonly acrValues: readonly string[];
  readonly idTokenHint?: IdTokenHint;
  /** The device whose request this is (RFC 8628): the answer goes there, and the redirect URI is empty. */
  readonly deviceUserCode?: string;
  readonly forcesApproval: boolean;
  readonly connectorId: string;
  readonly loginHint?: string;
  /** Whether the person wants the browser to keep the sign-in; undefined = they did not say. */
  readonly staysSignedIn?: boolean;
  /** The language the client asked for (OIDC Core §3.1.2.1 `ui_locales`), if we have it. */
  readonly locale?: Locale;
  /** SHA-256 of the browser's key: only that browser may go on. */
  readonly browser: string;
  /** Where the person can start again: a path of ours. */
  readonly restart: string;
  /** What the connector wants back with the callback. */
  readonly connectorData: Uint8Array;
  /** Who it is; undefined until they signed in. */
  readonly authentication?: FlowAuthentication;
}

/** Who signed in, when and how. */
export interface FlowAuthentication extends Authentication {
  readonly authTime: Date;
  /** RFC 8176, e.g. `pwd`; `fed` for an upstream. */
  readonly amr: readonly string[];
  /** Which of the classes that were asked for it was (OIDC Core §2); undefined = none is known. */
  readonly acr?: string;
  /** The browser session it belongs to; undefined = sessions are switched off. */
  readonly sessionId?: string;
}

interface StoredFlow extends Omit<Flow, 'id' | 'version' | 'connectorData' | 'authentication'> {
  readonly format: 1 | 2;
  readonly connectorData: string;
  readonly authentication?: StoredAuthentication;
}

interface StoredAuthentication extends Omit<FlowAuthentication, 'connectorData' | 'authTime' | 'amr'> {
  /** Format 1 does not have it. */
  readonly amr?: readonly string[];
  readonly connectorData: string;
  readonly authTime: number;
}

/** A flow as storage keeps it. */
export function encodeFlow(flow: Flow): Uint8Array {
  const { id: _id, version: _version, authentication, connectorData, ...rest } = flow;
  const stored: StoredFlow = {
    format: 2,
    ...rest,
    connectorData: toText(connectorData),
    ...(authentication === undefined ? {} : { authentication: storeAuthentication(authentication) }),
  };
  return Buffer.from(JSON.stringify(stored));
}

/** What a flow of format 1 could only be: that version knew the code alone, in the query. */
const IMPLIED_BY_FORMAT_1 = {
  responseType: { code: true, token: false, idToken: false },
  responseMode: 'query',
  isRedirectUriImplied: false,
  resources: [],
  acrValues: [],
} as const satisfies Partial<Flow>;

/** The flow of a record; undefined for a format of a later version, which is as good as expired. */
export function decodeFlow(id: string, version: number, payload: Uint8Array): Flow | undefined {
  const stored = JSON.parse(Buffer.from(payload).toString()) as StoredFlow;
  const { format, authentication, connectorData, ...rest } = stored;
  if (format !== 1 && format !== 2) return undefined;
  return {
    ...(format === 1 ? IMPLIED_BY_FORMAT_1 : {}),
    ...rest,
    id,
    version,
    connectorData: toBytes(connectorData),
    ...(authentication === undefined ? {} : { authentication: restoreAuthentication(authentication) }),
  };
}

function storeAuthentication(authentication: FlowAuthentication): StoredAuthentication {
  const { connectorData, authTime, ...rest } = authentication;
  return { ...rest, connectorData: toText(connectorData), authTime: authTime.getTime() };
}

function restoreAuthentication(stored: StoredAuthentication): FlowAuthentication {
  const { connectorData, authTime, amr = [], ...rest } = stored;
  return { ...rest, amr, connectorData: toBytes(connectorData), authTime: new Date(authTime) };
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function toBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
