import { isSigningAlgorithm, type SigningAlgorithm } from '@tessera/oauth';
import type { SealedKey } from '../encryption/envelope.ts';
import { readList, readMembers, readMoment, readText, unknownFormat } from '../encryption/json-reading.ts';
import { readSealedKey } from '../encryption/sealed-key-json.ts';
import { isKeyStep, type ToldKey } from './key-changes.ts';
import type { RotatingKey } from './plan.ts';

/** A signing key as it is stored. */
export interface StoredSigningKey extends RotatingKey, ToldKey {
  /** The public key's thumbprint (RFC 7638). */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** The public key (RFC 7517 §4), without `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, string>>;
  /** PKCS#8 DER, sealed; undefined once the key is retired for good. */
  readonly privateKey?: SealedKey;
}

/** All signing keys; those of one algorithm in order of activation. One document, so that what is due is done in all sets at once. */
export interface SigningDocument {
  readonly keys: readonly StoredSigningKey[];
}

const FORMAT = 1;

/** A document as JSON. */
export function signingDocumentToJson(document: SigningDocument): unknown {
  return { format: FORMAT, keys: document.keys };
}

/** A document from JSON. Throws `keys.unknown_document_format`. */
export function signingDocumentFromJson(json: unknown): SigningDocument {
  const members = readMembers(json, 'signing document');
  if (members['format'] !== FORMAT) throw unknownFormat('signing document');
  return { keys: readList(members['keys'], 'keys').map(readKey) };
}

function readKey(value: unknown): StoredSigningKey {
  const key = readMembers(value, 'key');
  const { alg, told } = key;
  if (!isSigningAlgorithm(alg)) throw unknownFormat('alg');
  if (told !== undefined && !isKeyStep(told)) throw unknownFormat('told');
  const jwk = Object.entries(readMembers(key['publicJwk'], 'publicJwk'));
  return {
    kid: readText(key['kid'], 'kid'),
    alg,
    createdAt: readMoment(key['createdAt'], 'createdAt'),
    activeAt: readMoment(key['activeAt'], 'activeAt'),
    ...(key['retiredAt'] !== undefined && { retiredAt: readMoment(key['retiredAt'], 'retiredAt') }),
    ...(key['goneAt'] !== undefined && { goneAt: readMoment(key['goneAt'], 'goneAt') }),
    ...(told !== undefined && { told }),
    publicJwk: Object.fromEntries(jwk.map(([name, member]) => [name, readText(member, name)])),
    ...(key['privateKey'] !== undefined && { privateKey: readSealedKey(key['privateKey']) }),
  };
}
