import { isSigningAlgorithm, type SigningAlgorithm } from '@tessera/oauth';
import {
  type JsonMembers,
  readList,
  readMembers,
  readMoment,
  readOptionalSeconds,
  readText,
  unknownFormat,
} from '../encryption/json-reading.ts';
import { type PrivateHalf, readPrivateHalf } from '../signers/private-half.ts';
import { isKeyStep, type ToldKey } from './key-changes.ts';
import type { RotatingKey } from './plan.ts';

/** A signing key as it is stored. */
export interface StoredSigningKey extends RotatingKey, ToldKey {
  /** The public key's thumbprint (RFC 7638). */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** The public key (RFC 7517 §4), without `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, string>>;
  /** Certificates of the public key, base64 DER (RFC 7517 §4.7). */
  readonly x5c?: readonly string[];
  /** What is stored of the private half; undefined once the key is retired for good. */
  readonly privateKey?: PrivateHalf;
  /** Where the private half was that was given up, so that it is not taken for a new key's. Never one of our own storage. */
  readonly formerHalf?: PrivateHalf;
}

/** A key that was revoked by order and must never come back. */
export interface RevokedKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly revokedAt: Date;
  /** As {@link StoredSigningKey.formerHalf}. */
  readonly formerHalf?: PrivateHalf;
}

/** A private half that no key names any more, and that its custodian is still to destroy. */
export interface DiscardedHalf {
  readonly kid: string;
  readonly privateKey: PrivateHalf;
}

/** All signing keys; those of one algorithm in order of activation. One document, so that what is due is done in all sets at once. */
export interface SigningDocument {
  readonly keys: readonly StoredSigningKey[];
  /** The latest {@link MAX_REVOKED}, in order of revocation. */
  readonly revoked: readonly RevokedKey[];
  /** At most {@link MAX_DISCARDED}. */
  readonly discarded: readonly DiscardedHalf[];
}

/** Most revoked keys that are remembered. */
export const MAX_REVOKED = 256;
/** Most private halves that wait to be destroyed. */
export const MAX_DISCARDED = 64;

/** What there is before anything was stored. */
export const emptySigningDocument: SigningDocument = { keys: [], revoked: [], discarded: [] };

const FORMAT = 1;
/** Version 0.1.0 would forget which keys are revoked, so it is told that it cannot read this. */
const FORMAT_WITH_REVOKED = 2;

/** A document as JSON. */
export function signingDocumentToJson({ keys, revoked, discarded }: SigningDocument): unknown {
  return {
    format: revoked.length === 0 ? FORMAT : FORMAT_WITH_REVOKED,
    keys,
    ...(revoked.length > 0 && { revoked }),
    ...(discarded.length > 0 && { discarded }),
  };
}

/** A document from JSON. Throws `keys.unknown_document_format`. */
export function signingDocumentFromJson(json: unknown): SigningDocument {
  const members = readMembers(json, 'signing document');
  const { format } = members;
  if (format !== FORMAT && format !== FORMAT_WITH_REVOKED) throw unknownFormat('signing document');
  return {
    keys: readList(members['keys'], 'keys').map(readKey),
    revoked: readOptionalList(members, 'revoked').map(readRevoked),
    discarded: readOptionalList(members, 'discarded').map(readDiscarded),
  };
}

function readKey(value: unknown): StoredSigningKey {
  const key = readMembers(value, 'key');
  const { told } = key;
  if (told !== undefined && !isKeyStep(told)) throw unknownFormat('told');
  const jwk = Object.entries(readMembers(key['publicJwk'], 'publicJwk'));
  return {
    kid: readText(key['kid'], 'kid'),
    alg: readAlgorithm(key),
    createdAt: readMoment(key['createdAt'], 'createdAt'),
    activeAt: readMoment(key['activeAt'], 'activeAt'),
    ...(key['retiredAt'] !== undefined && { retiredAt: readMoment(key['retiredAt'], 'retiredAt') }),
    ...(key['goneAt'] !== undefined && { goneAt: readMoment(key['goneAt'], 'goneAt') }),
    ...readOptionalSeconds(key, 'retentionSeconds'),
    ...(told !== undefined && { told }),
    publicJwk: Object.fromEntries(jwk.map(([name, member]) => [name, readText(member, name)])),
    ...(key['x5c'] !== undefined && { x5c: readList(key['x5c'], 'x5c').map((item) => readText(item, 'x5c')) }),
    ...(key['privateKey'] !== undefined && { privateKey: readPrivateHalf(key['privateKey']) }),
    ...readFormerHalf(key),
  };
}

function readRevoked(value: unknown): RevokedKey {
  const key = readMembers(value, 'revoked key');
  return {
    kid: readText(key['kid'], 'kid'),
    alg: readAlgorithm(key),
    revokedAt: readMoment(key['revokedAt'], 'revokedAt'),
    ...readFormerHalf(key),
  };
}

function readDiscarded(value: unknown): DiscardedHalf {
  const half = readMembers(value, 'discarded key');
  return { kid: readText(half['kid'], 'kid'), privateKey: readPrivateHalf(half['privateKey']) };
}

function readAlgorithm({ alg }: JsonMembers & { readonly alg?: unknown }): SigningAlgorithm {
  if (!isSigningAlgorithm(alg)) throw unknownFormat('alg');
  return alg;
}

function readFormerHalf(key: JsonMembers): { readonly formerHalf?: PrivateHalf } {
  return key['formerHalf'] === undefined ? {} : { formerHalf: readPrivateHalf(key['formerHalf']) };
}

function readOptionalList(members: JsonMembers, name: string): readonly unknown[] {
  return members[name] === undefined ? [] : readList(members[name], name);
}
