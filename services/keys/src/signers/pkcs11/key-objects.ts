import { CKA, CKK, CKM, CKO } from './cryptoki.ts';
import { Pkcs11Failure, toFailure } from './failure.ts';
import { type KeyOrder, keyTemplates, MECHANISMS } from './mechanisms.ts';
import type { PublicAttributes } from './module-protocol.ts';
import type { Attribute, Cryptoki, Handle } from './pkcs11js.ts';

/** More objects of one class and id are not told apart. */
const MAX_FOUND = 16;

/** Makes a key pair in the token. */
export async function generateKeyPair(library: Cryptoki, session: Handle, order: KeyOrder): Promise<void> {
  const mechanism = { mechanism: CKM[MECHANISMS[order.alg].generation] };
  const templates = keyTemplates(order);
  try {
    await library.C_GenerateKeyPairAsync(session, mechanism, templates.publicKey, templates.privateKey);
  } catch (error) {
    throw toFailure(`to make a key pair for ${order.alg} in the token`, error);
  }
}

/** The private half with an id. Throws `refused` when there is none, or more than one. */
export function getPrivateKey(library: Cryptoki, session: Handle, id: Buffer): Handle {
  return getOne(library, session, CKO.PRIVATE_KEY, id);
}

/**
 * The public half with an id. Throws `refused` when one of the halves is missing, or is no key that signatures are made by, and
 * when the private half could be read out of the token.
 */
export function readPublicKey(library: Cryptoki, session: Handle, id: Buffer): PublicAttributes {
  const privateKey = getOne(library, session, CKO.PRIVATE_KEY, id);
  const publicKey = getOne(library, session, CKO.PUBLIC_KEY, id);
  try {
    const [isSensitive, isExtractable] = read(library, session, privateKey, [CKA.SENSITIVE, CKA.EXTRACTABLE]);
    if (isSensitive?.[0] !== 1 || isExtractable?.[0] !== 0) {
      throw new Pkcs11Failure('refused', `the private key ${id.toString('hex')} could be read out of the token`);
    }
    return readAttributes(library, session, publicKey, id);
  } catch (error) {
    throw toFailure('to read a key of the token', error);
  }
}

/** Destroys all key objects with an id. */
export function destroyKeyPair(library: Cryptoki, session: Handle, id: Buffer): void {
  try {
    for (const objectClass of [CKO.PRIVATE_KEY, CKO.PUBLIC_KEY]) {
      for (const object of find(library, session, objectClass, id)) library.C_DestroyObject(session, object);
    }
  } catch (error) {
    throw toFailure('to destroy a key of the token', error);
  }
}

function readAttributes(library: Cryptoki, session: Handle, publicKey: Handle, id: Buffer): PublicAttributes {
  const type = readNumber(read(library, session, publicKey, [CKA.KEY_TYPE])[0]);
  if (type === CKK.RSA) {
    const [modulus, publicExponent] = read(library, session, publicKey, [CKA.MODULUS, CKA.PUBLIC_EXPONENT]);
    if (modulus !== undefined && publicExponent !== undefined) return { type: 'rsa', modulus, publicExponent };
  }
  if (type === CKK.EC || type === CKK.EC_EDWARDS) {
    const [parameters, point] = read(library, session, publicKey, [CKA.EC_PARAMS, CKA.EC_POINT]);
    if (parameters !== undefined && point !== undefined) return { type: 'ec', parameters, point };
  }
  throw new Pkcs11Failure('refused', `the public key ${id.toString('hex')} is of a kind that is not known here`);
}

/** A CK_ULONG, in the order of the machine's bytes. */
function readNumber(value: Buffer | undefined): number | undefined {
  if (value?.length === 8) return Number(new BigUint64Array(new Uint8Array(value).buffer)[0]);
  return value?.length === 4 ? new Uint32Array(new Uint8Array(value).buffer)[0] : undefined;
}

/** The values of some attributes, in the order they are asked for. */
function read(
  library: Cryptoki,
  session: Handle,
  object: Handle,
  types: readonly number[],
): readonly (Buffer | undefined)[] {
  const found = library.C_GetAttributeValue(
    session,
    object,
    types.map((type) => ({ type })),
  );
  return types.map((type) => found.find((one) => one.type === type)?.value);
}

function getOne(library: Cryptoki, session: Handle, objectClass: number, id: Buffer): Handle {
  const [found, ...more] = findOrThrow(library, session, objectClass, id);
  const half = objectClass === CKO.PRIVATE_KEY ? 'private' : 'public';
  if (found === undefined) throw new Pkcs11Failure('refused', `the token has no ${half} key ${id.toString('hex')}`);
  if (more.length === 0) return found;
  throw new Pkcs11Failure('refused', `the token has several ${half} keys ${id.toString('hex')}`);
}

function findOrThrow(library: Cryptoki, session: Handle, objectClass: number, id: Buffer): readonly Handle[] {
  try {
    return find(library, session, objectClass, id);
  } catch (error) {
    throw toFailure('to look for a key in the token', error);
  }
}

function find(library: Cryptoki, session: Handle, objectClass: number, id: Buffer): readonly Handle[] {
  const template: readonly Attribute[] = [
    { type: CKA.CLASS, value: objectClass },
    { type: CKA.ID, value: id },
  ];
  library.C_FindObjectsInit(session, template);
  try {
    return library.C_FindObjects(session, MAX_FOUND);
  } finally {
    library.C_FindObjectsFinal(session);
  }
}
