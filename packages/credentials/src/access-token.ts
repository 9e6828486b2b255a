import { type CredentialKind, credentialPattern, mintCredential, openCredential } from './opaque-credential.ts';
import type { SecretRing } from './secret-ring.ts';

/** What a reference access token says: its grant, its times, and what it was narrowed to. */
export interface AccessTokenContent {
  /** UUID in lower case. */
  readonly grantId: string;
  /** Tells the tokens of a grant apart: {@link TOKEN_NUMBER_BYTES} random bytes. */
  readonly number: Uint8Array;
  /** Whole seconds; what is finer is cut off. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Undefined = those of the grant. */
  readonly scopes?: readonly string[];
  /** Resource indicators (RFC 8707); undefined = those of the grant. */
  readonly resources?: readonly string[];
}

/** Length of {@link AccessTokenContent.number}, in bytes. */
export const TOKEN_NUMBER_BYTES = 8;
/** Most of what narrows a token, in bytes of its JSON. */
export const MAX_NARROWING_BYTES = 8192;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_BYTES = 16;
const NUMBER_AT = UUID_BYTES;
const ISSUED_AT = NUMBER_AT + TOKEN_NUMBER_BYTES;
const EXPIRES_AT = ISSUED_AT + 4;
const FIXED_BYTES = EXPIRES_AT + 4;
const MAX_SECONDS = 0xffff_ffff;

const KIND: CredentialKind = {
  prefix: 'tsa_',
  macContext: 'tessera access token',
  minPayloadBytes: FIXED_BYTES,
  maxPayloadBytes: FIXED_BYTES + MAX_NARROWING_BYTES,
};

/** Finds reference access tokens in a text. */
export function accessTokenPattern(): RegExp {
  return credentialPattern(KIND);
}

/**
 * Writes a reference access token. Throws a `RangeError` when `grantId` is no UUID in lower case, `number` has another length,
 * a time is before 1970 or after 2106, or what narrows it is longer than {@link MAX_NARROWING_BYTES}.
 */
export function mintAccessToken(ring: SecretRing, content: AccessTokenContent): string {
  if (!UUID.test(content.grantId)) {
    throw new RangeError('A grant id is a UUID in lower case');
  }
  if (content.number.length !== TOKEN_NUMBER_BYTES) {
    throw new RangeError(`A token's number has ${TOKEN_NUMBER_BYTES} bytes`);
  }
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.write(content.grantId.replaceAll('-', ''), 'hex');
  fixed.set(content.number, NUMBER_AT);
  fixed.writeUInt32BE(wholeSeconds(content.issuedAt), ISSUED_AT);
  fixed.writeUInt32BE(wholeSeconds(content.expiresAt), EXPIRES_AT);
  return mintCredential(ring, KIND, Buffer.concat([fixed, writeNarrowing(content)]));
}

/** Reads a reference access token that this issuer made; undefined for any other text. No store is asked. Never throws. */
export function parseAccessToken(ring: SecretRing, token: string): AccessTokenContent | undefined {
  const payload = openCredential(ring, KIND, token);
  if (payload === undefined) {
    return undefined;
  }
  const hex = payload.toString('hex', 0, UUID_BYTES);
  return {
    grantId: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
    number: new Uint8Array(payload.subarray(NUMBER_AT, ISSUED_AT)),
    issuedAt: new Date(payload.readUInt32BE(ISSUED_AT) * 1000),
    expiresAt: new Date(payload.readUInt32BE(EXPIRES_AT) * 1000),
    ...readNarrowing(payload.subarray(FIXED_BYTES)),
  };
}

type Narrowing = Pick<AccessTokenContent, 'scopes' | 'resources'>;

/** Nothing at all for a token that is as wide as its grant, which most are. */
function writeNarrowing({ scopes, resources }: Narrowing): Buffer {
  if (scopes === undefined && resources === undefined) return Buffer.alloc(0);
  return Buffer.from(JSON.stringify([scopes ?? null, resources ?? null]), 'utf8');
}

/** The bytes are genuine, so they are what {@link writeNarrowing} wrote. */
function readNarrowing(bytes: Buffer): Narrowing {
  if (bytes.length === 0) return {};
  const [scopes, resources] = JSON.parse(bytes.toString('utf8')) as [string[] | null, string[] | null];
  return { ...(scopes !== null && { scopes }), ...(resources !== null && { resources }) };
}

function wholeSeconds(moment: Date): number {
  const seconds = Math.floor(moment.getTime() / 1000);
  if (!(seconds >= 0 && seconds <= MAX_SECONDS)) throw new RangeError('A time is between 1970 and 2106');
  return seconds;
}
