import { text } from 'node:stream/consumers';
import { loadLibrary } from '../binding.ts';
import { CKA, CKF, CKO } from '../cryptoki.ts';
import { toFailure } from '../failure.ts';
import { getPrivateKey } from '../key-objects.ts';
import type { Attribute, Cryptoki, Handle } from '../pkcs11js.ts';
import { openToken } from '../token.ts';

// What somebody who has the token and knows the PIN gets out of it: prints the attributes of a private key as JSON, in
// hexadecimal, or why there is none. Arguments: library, label of the token, id of the key; the PIN on standard input.

/** Calls that the product does not make. */
interface Thief extends Cryptoki {
  C_SetAttributeValue(session: Handle, object: Handle, template: readonly Attribute[]): void;
  C_GenerateKey(session: Handle, mechanism: { readonly mechanism: number }, template: readonly Attribute[]): Handle;
  C_WrapKey(
    session: Handle,
    mechanism: { readonly mechanism: number },
    wrappingKey: Handle,
    key: Handle,
    room: Buffer,
  ): Buffer;
}

const ATTRIBUTES = {
  LABEL: CKA.LABEL,
  TOKEN: CKA.TOKEN,
  PRIVATE: CKA.PRIVATE,
  SIGN: CKA.SIGN,
  SENSITIVE: CKA.SENSITIVE,
  EXTRACTABLE: CKA.EXTRACTABLE,
  ALWAYS_SENSITIVE: 0x165,
  NEVER_EXTRACTABLE: 0x164,
  VALUE: 0x11,
  PRIVATE_EXPONENT: 0x123,
  PRIME_1: 0x124,
  PRIME_2: 0x125,
  EXPONENT_1: 0x126,
  EXPONENT_2: 0x127,
  COEFFICIENT: 0x128,
};
const VALUE_LEN = 0x161;
const ENCRYPT = 0x104;
const WRAP = 0x106;
const AES_KEY_GEN = 0x1080;
const AES_KEY_WRAP_PAD = 0x210a;

const [path = '', tokenLabel = '', id = ''] = process.argv.slice(2);
const pin = await text(process.stdin);
const library = (await loadLibrary(path)).library as Thief;
const { slot } = openToken(library, { tokenLabel, pin });
const session = library.C_OpenSession(slot, CKF.SERIAL_SESSION | CKF.RW_SESSION);
const key = getPrivateKey(library, session, Buffer.from(id, 'hex'));

const attempt = (work: () => Buffer | undefined): string => {
  try {
    return work()?.toString('hex') ?? 'done';
  } catch (error) {
    return toFailure('it', error).message.replace('it failed: ', '');
  }
};
const read = (type: number) => () => library.C_GetAttributeValue(session, key, [{ type }])[0]?.value;
const found = Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, type]) => [name, attempt(read(type))]));
const makeExtractable = () => {
  library.C_SetAttributeValue(session, key, [{ type: CKA.EXTRACTABLE, value: true }]);
  return undefined;
};
const wrap = (): Buffer => {
  const template = [
    { type: CKA.CLASS, value: CKO.SECRET_KEY },
    { type: VALUE_LEN, value: 32 },
    { type: ENCRYPT, value: true },
    { type: WRAP, value: true },
  ];
  const wrapping = library.C_GenerateKey(session, { mechanism: AES_KEY_GEN }, template);
  return library.C_WrapKey(session, { mechanism: AES_KEY_WRAP_PAD }, wrapping, key, Buffer.alloc(8192));
};
process.stdout.write(
  JSON.stringify({ ...found, 'made extractable': attempt(makeExtractable), wrapped: attempt(wrap) }),
);
