import type { Client, Identity, Parameters } from '@tessera/oauth';

/** A token request of an extension grant; its client is authenticated and may use it. */
export interface ExtensionGrantRequest {
  /** No parameter is there twice, `resource` excepted. */
  readonly form: Parameters;
  readonly client: Client;
  readonly now: Date;
}

/** What an extension grant says of a request. */
export type ExtensionGrantOutcome =
  | {
      readonly ok: true;
      /** Who it is: a person of a connector, which the client must be allowed to use. */
      readonly subject: { readonly connectorId: string; readonly identity: Identity };
      /** What is granted. It is judged afterwards as any other request of the client; `offline_access` cannot be granted. */
      readonly scopes: readonly string[];
      /** Resource indicators (RFC 8707); default none. */
      readonly resources?: readonly string[];
      /** When the person proved who they are; default now. */
      readonly authTime?: Date;
      /** How (RFC 8176); default nothing is said. */
      readonly amr?: readonly string[];
    }
  | {
      readonly ok: false;
      readonly error: 'invalid_request' | 'invalid_grant' | 'invalid_scope' | 'invalid_target' | 'unauthorized_client';
      /** Public and constant: it repeats nothing that was sent. */
      readonly description: string;
    };

/**
 * A grant of somebody else's (RFC 6749 §4.5). It looks at what was presented and says whose it is; the tokens are made here,
 * and stand, end and can be revoked as all others.
 */
export interface ExtensionGrant {
  /** Whether public clients may use it. */
  readonly admitsPublicClients: boolean;
  /** Judges a request. What it rejects with other than a TesseraError is answered with 500. */
  judge(request: ExtensionGrantRequest): Promise<ExtensionGrantOutcome>;
}
