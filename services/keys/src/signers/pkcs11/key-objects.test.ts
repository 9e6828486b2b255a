import { describe, expect, it } from 'vitest';
import { CKA, CKK, CKO } from './cryptoki.ts';
import { readPublicKey } from './key-objects.ts';
import type { Attribute, Cryptoki } from './pkcs11js.ts';

const ID = Buffer.from('a1'.repeat(16), 'hex');
const SESSION = Buffer.from([7]);

type Attributes = Readonly<Record<number, Buffer>>;

const number = (value: number): Buffer => Buffer.from(new Uint8Array(new BigUint64Array([BigInt(value)]).buffer));
const privateKey: Attributes = {
  [CKA.CLASS]: number(CKO.PRIVATE_KEY),
  [CKA.SENSITIVE]: Buffer.from([1]),
  [CKA.EXTRACTABLE]: Buffer.from([0]),
};
const publicKey: Attributes = {
  [CKA.CLASS]: number(CKO.PUBLIC_KEY),
  [CKA.KEY_TYPE]: number(CKK.RSA),
  [CKA.MODULUS]: Buffer.from([9]),
  [CKA.PUBLIC_EXPONENT]: Buffer.from([3]),
};

/** A token with these objects, all of one id. */
function fakeToken(objects: readonly Attributes[]): Cryptoki {
  let found: Buffer[] = [];
  const library: Partial<Cryptoki> = {
    C_FindObjectsInit(_session, template: readonly Attribute[]) {
      const wanted = template.find(({ type }) => type === CKA.CLASS)?.value;
      expect(template).toContainEqual({ type: CKA.ID, value: ID });
      found = objects.flatMap((one, index) =>
        one[CKA.CLASS]?.equals(number(Number(wanted))) ? Buffer.from([index]) : [],
      );
    },
    C_FindObjects: () => found,
    C_FindObjectsFinal: () => undefined,
    // In another order than asked for, as the standard does not say one.
    C_GetAttributeValue: (_session, object, template) =>
      template.map(({ type }) => ({ type, value: objects[object[0] ?? 0]?.[type] ?? Buffer.alloc(0) })).toReversed(),
  };
  return library as Cryptoki;
}

describe('a key of a token', () => {
  it('is read by its id', () => {
    const read = readPublicKey(fakeToken([privateKey, publicKey]), SESSION, ID);
    expect(read).toEqual({ type: 'rsa', modulus: Buffer.from([9]), publicExponent: Buffer.from([3]) });
  });

  it.each<[string, readonly Attributes[], string]>([
    ['has no private half', [publicKey], 'has no private key'],
    ['has no public half', [privateKey], 'has no public key'],
    ['is there twice', [privateKey, privateKey, publicKey], 'has several private keys'],
    ['could be taken out', [{ ...privateKey, [CKA.EXTRACTABLE]: Buffer.from([1]) }, publicKey], 'could be read out'],
    ['could be read', [{ ...privateKey, [CKA.SENSITIVE]: Buffer.from([0]) }, publicKey], 'could be read out'],
    ['does not say', [{ [CKA.CLASS]: number(CKO.PRIVATE_KEY) }, publicKey], 'could be read out'],
    ['is of another kind', [privateKey, { ...publicKey, [CKA.KEY_TYPE]: number(2) }], 'of a kind that is not known'],
  ])('that %s is refused', (_what, objects, reason) => {
    expect(() => readPublicKey(fakeToken(objects), SESSION, ID)).toThrow(
      expect.objectContaining({ kind: 'refused', message: expect.stringContaining(reason) }),
    );
  });
});
