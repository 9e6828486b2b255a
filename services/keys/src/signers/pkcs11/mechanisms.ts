import { createHash } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';
import { CKA, CKG, CKM } from './cryptoki.ts';
import type { Attribute, Mechanism } from './pkcs11js.ts';

/** What an algorithm (RFC 7518 §3, RFC 8037 §3.1) is in the words of PKCS #11. */
export interface AlgorithmMechanisms {
  /** Makes its key pairs, by the name in {@link CKM}. */
  readonly generation: keyof typeof CKM;
  /** Signs with them. */
  readonly signing: keyof typeof CKM;
  /** RSASSA-PSS with the hash of the algorithm, and a salt of its length (RFC 7518 §3.5). */
  readonly pss?: { readonly hashAlg: number; readonly mgf: number; readonly saltLen: number };
  /** The hash that is made here, as `CKM_ECDSA` signs a digest. Else the token makes it. */
  readonly digest?: 'sha256' | 'sha384' | 'sha512';
  /** The curve (`CKA_EC_PARAMS`), DER; undefined of RSA. */
  readonly curve?: Buffer;
  /** Size of the key in bits, where it is not up to the configuration. */
  readonly keyBits?: number;
}

const RSA = { generation: 'RSA_PKCS_KEY_PAIR_GEN' } as const;
const EC = { generation: 'EC_KEY_PAIR_GEN', signing: 'ECDSA' } as const;

/** Object identifiers of the curves (RFC 5480 §2.1.1.1), and Ed25519 by its name, as PKCS #11 v3.0 Curr §2.3.7 asks for. */
const CURVES = {
  p256: Buffer.from('06082a8648ce3d030107', 'hex'),
  p384: Buffer.from('06052b81040022', 'hex'),
  p521: Buffer.from('06052b81040023', 'hex'),
  ed25519: Buffer.concat([Buffer.from([0x13, 12]), Buffer.from('edwards25519', 'latin1')]),
};

/** The ten algorithms. */
export const MECHANISMS: Readonly<Record<SigningAlgorithm, AlgorithmMechanisms>> = {
  RS256: { ...RSA, signing: 'SHA256_RSA_PKCS' },
  RS384: { ...RSA, signing: 'SHA384_RSA_PKCS' },
  RS512: { ...RSA, signing: 'SHA512_RSA_PKCS' },
  PS256: {
    ...RSA,
    signing: 'SHA256_RSA_PKCS_PSS',
    pss: { hashAlg: CKM.SHA256, mgf: CKG.MGF1_SHA256, saltLen: 32 },
  },
  PS384: {
    ...RSA,
    signing: 'SHA384_RSA_PKCS_PSS',
    pss: { hashAlg: CKM.SHA384, mgf: CKG.MGF1_SHA384, saltLen: 48 },
  },
  PS512: {
    ...RSA,
    signing: 'SHA512_RSA_PKCS_PSS',
    pss: { hashAlg: CKM.SHA512, mgf: CKG.MGF1_SHA512, saltLen: 64 },
  },
  ES256: { ...EC, digest: 'sha256', curve: CURVES.p256, keyBits: 256 },
  ES384: { ...EC, digest: 'sha384', curve: CURVES.p384, keyBits: 384 },
  ES512: { ...EC, digest: 'sha512', curve: CURVES.p521, keyBits: 521 },
  EdDSA: { generation: 'EC_EDWARDS_KEY_PAIR_GEN', signing: 'EDDSA', curve: CURVES.ed25519 },
};

/** How the token is asked for a signature. `pssParameters` is the binding's number of that structure. */
export function signingMechanism(alg: SigningAlgorithm, pssParameters: number): Mechanism {
  const { signing, pss } = MECHANISMS[alg];
  return { mechanism: CKM[signing], ...(pss !== undefined && { parameter: { type: pssParameters, ...pss } }) };
}

/** What the token is given to sign. */
export function signingInput(alg: SigningAlgorithm, input: Buffer): Buffer {
  const { digest } = MECHANISMS[alg];
  return digest === undefined ? input : createHash(digest).update(input).digest();
}

/** A key pair that is to be made. */
export interface KeyOrder {
  readonly alg: SigningAlgorithm;
  readonly rsaKeyBits: number;
  /** `CKA_ID` of both halves. */
  readonly id: Buffer;
  /** `CKA_LABEL` of both halves. */
  readonly label: string;
}

const F4 = Buffer.from([1, 0, 1]);

/**
 * The templates of a key pair that stays in the token, whose private half signs and does nothing else, and leaves the token
 * never, not even wrapped.
 */
export function keyTemplates({ alg, rsaKeyBits, id, label }: KeyOrder): {
  readonly publicKey: readonly Attribute[];
  readonly privateKey: readonly Attribute[];
} {
  const { curve } = MECHANISMS[alg];
  const both: readonly Attribute[] = [
    { type: CKA.TOKEN, value: true },
    { type: CKA.ID, value: id },
    { type: CKA.LABEL, value: label },
  ];
  const kind: readonly Attribute[] =
    curve === undefined
      ? [
          { type: CKA.MODULUS_BITS, value: rsaKeyBits },
          { type: CKA.PUBLIC_EXPONENT, value: F4 },
        ]
      : [{ type: CKA.EC_PARAMS, value: curve }];
  const unused = curve === undefined ? [CKA.DECRYPT, CKA.UNWRAP] : [CKA.DERIVE];
  return {
    publicKey: [...both, ...kind, { type: CKA.PRIVATE, value: false }, { type: CKA.VERIFY, value: true }],
    privateKey: [
      ...both,
      { type: CKA.PRIVATE, value: true },
      { type: CKA.SENSITIVE, value: true },
      { type: CKA.EXTRACTABLE, value: false },
      { type: CKA.SIGN, value: true },
      ...unused.map((type) => ({ type, value: false })),
    ],
  };
}
