import { timingSafeEqual } from 'node:crypto';
import { readList, readMembers, readText, unknownFormat } from './json-reading.ts';
import { createRootKey, ROOT_KEY_BYTES, type RootKey } from './root-key.ts';

/** Name in storage of the key-encryption keys that are wrapped by a Transit engine. */
export const ROOT_DOCUMENT = 'root';

/** A key-encryption key as it is stored, wrapped by a key of the Transit engine. */
export interface WrappedRoot {
  /** Which key of which engine: namespace, mount and name, with slashes between them. */
  readonly transit: string;
  /** `vault:v1:…`. */
  readonly wrapped: string;
  /** HMAC of the other two under a key that is derived from the wrapped one; hexadecimal. */
  readonly proof: string;
}

const FORMAT = 1;

/** The keys of a document; none when there is no document. Throws `keys.unknown_document_format`. */
export function parseRootDocument(payload: Uint8Array): readonly WrappedRoot[] {
  if (payload.length === 0) return [];
  const members = readMembers(parseJson(payload), 'root document');
  if (members['format'] !== FORMAT) throw unknownFormat('root document');
  return readList(members['roots'], 'roots').map((value) => {
    const root = readMembers(value, 'root');
    return {
      transit: readText(root['transit'], 'transit'),
      wrapped: readText(root['wrapped'], 'wrapped'),
      proof: readText(root['proof'], 'proof'),
    };
  });
}

/** A document of keys. */
export function encodeRootDocument(roots: readonly WrappedRoot[]): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, roots }), 'utf8');
}

/** How a key is stored once the Transit engine has wrapped it. */
export function describeWrapped(root: RootKey, transit: string, wrapped: string): WrappedRoot {
  return { transit, wrapped, proof: proofOf(root, transit, wrapped).toString('hex') };
}

/** The key that was unwrapped; undefined when that is none, or the document was changed. The plaintext is wiped. */
export function toRootKey(plaintext: Buffer, wrapped: WrappedRoot): RootKey | undefined {
  const root = plaintext.length === ROOT_KEY_BYTES ? createRootKey(plaintext) : undefined;
  plaintext.fill(0);
  return root !== undefined && isProvenBy(root, wrapped) ? root : undefined;
}

/** Whether it is this key that stands there wrapped, and nothing of it was changed. */
export function isProvenBy(root: RootKey, { transit, wrapped, proof }: WrappedRoot): boolean {
  const [expected, given] = [proofOf(root, transit, wrapped).toString('hex'), Buffer.from(proof, 'utf8')];
  return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
}

function proofOf(root: RootKey, transit: string, wrapped: string): Buffer {
  return root.prove(Buffer.from(JSON.stringify([ROOT_DOCUMENT, transit, wrapped]), 'utf8'));
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    throw unknownFormat('root document');
  }
}
