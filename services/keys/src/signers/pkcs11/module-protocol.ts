import type { SigningAlgorithm } from '@tessera/oauth';
import type { Failure } from './failure.ts';

/** The public half of a key in a token, as its attributes are. */
export type PublicAttributes =
  | { readonly type: 'rsa'; readonly modulus: Uint8Array; readonly publicExponent: Uint8Array }
  /** `CKA_EC_PARAMS` and `CKA_EC_POINT`, of the NIST curves and of Ed25519. */
  | { readonly type: 'ec'; readonly parameters: Uint8Array; readonly point: Uint8Array };

/** A signature that is asked for. `id` is the key's `CKA_ID`, in hexadecimal, as everywhere here. */
export interface SignatureOrder {
  readonly alg: SigningAlgorithm;
  readonly id: string;
  readonly input: Uint8Array;
}

/** A signature, or why there is none. */
export type SignatureOutcome =
  | { readonly ok: true; readonly signature: Uint8Array }
  | { readonly ok: false; readonly failure: Failure };

/** What the library's process does, by what is asked for. */
export interface ModuleCalls {
  /** Loads the library and logs in; once, and first. */
  readonly open: {
    readonly ask: { readonly library: string; readonly tokenLabel: string; readonly pin: string };
    readonly answer: null;
  };
  /** Sentences on what the token lacks for some algorithms; none when it lacks nothing. */
  readonly check: {
    readonly ask: { readonly algorithms: readonly SigningAlgorithm[]; readonly rsaKeyBits: number };
    readonly answer: readonly string[];
  };
  /** Makes a key pair; what is there afterwards is to be read. */
  readonly generate: {
    readonly ask: {
      readonly alg: SigningAlgorithm;
      readonly rsaKeyBits: number;
      readonly id: string;
      readonly label: string;
    };
    readonly answer: null;
  };
  /** The public half of a key whose private half is there too, and cannot leave the token. */
  readonly read: { readonly ask: { readonly id: string }; readonly answer: PublicAttributes };
  /** An outcome for each item, in order. */
  readonly sign: {
    readonly ask: { readonly items: readonly SignatureOrder[] };
    readonly answer: readonly SignatureOutcome[];
  };
  /** Destroys both halves of a key, as far as they are there. */
  readonly destroy: { readonly ask: { readonly id: string }; readonly answer: null };
}

/** What can be asked of the library's process. */
export type ModuleCall = keyof ModuleCalls;

/** A request to the library's process. */
export type ModuleRequest = {
  readonly [C in ModuleCall]: { readonly number: number; readonly call: C; readonly ask: ModuleCalls[C]['ask'] };
}[ModuleCall];

/** Its answer to the request of the same number. */
export type ModuleReply =
  | { readonly number: number; readonly ok: true; readonly answer: ModuleCalls[ModuleCall]['answer'] }
  | { readonly number: number; readonly ok: false; readonly failure: Failure };
