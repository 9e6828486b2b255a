import {
  type CredentialKind,
  credentialPattern,
  mintCredential,
  openCredential,
  peekCredential,
} from './opaque-credential.ts';
import type { SecretRing } from './secret-ring.ts';

/** Shortest and longest flow id inside a code, in bytes. */
export const FLOW_ID_BYTES = { min: 16, max: 64 } as const;

/** What an authorization code says: the flow whose stored state it redeems. */
export interface CodeContent {
  /** 16 to 64 bytes, unguessable. */
  readonly flowId: Uint8Array;
}

const KIND: CredentialKind = {
  prefix: 'tsc_',
  macContext: 'tessera authorization code',
  minPayloadBytes: FLOW_ID_BYTES.min,
  maxPayloadBytes: FLOW_ID_BYTES.max,
};

/** Finds authorization codes in a text. */
export function codePattern(): RegExp {
  return credentialPattern(KIND);
}

/** Writes an authorization code (RFC 6749 §4.1.2). Throws a `RangeError` when the flow id is shorter or longer than {@link FLOW_ID_BYTES}. */
export function mintCode(ring: SecretRing, { flowId }: CodeContent): string {
  return mintCredential(ring, KIND, flowId);
}

/** Reads an authorization code that this issuer made; undefined for any other text. No store is asked. Never throws. */
export function parseCode(ring: SecretRing, code: string): CodeContent | undefined {
  const flowId = openCredential(ring, KIND, code);
  return flowId === undefined ? undefined : { flowId };
}

/** The flow a text names as a code, without a look at whether it is genuine: to group traces, never to decide anything. */
export function peekFlowId(code: string): Uint8Array | undefined {
  return peekCredential(KIND, code);
}
