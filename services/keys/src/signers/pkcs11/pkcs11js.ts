// What is used of the package pkcs11js. Its own types are not, as it is an optional dependency: this is checked and built also
// where the package could not be.

/** A number of the library, in the library's own representation. */
export type Handle = Buffer;

/** An attribute of an object; without a value where it is asked for. */
export interface Attribute {
  readonly type: number;
  readonly value?: boolean | number | string | Buffer;
}

/** A mechanism, with the parameters of RSASSA-PSS. */
export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: {
    readonly type: number;
    readonly hashAlg: number;
    readonly mgf: number;
    readonly saltLen: number;
  };
}

/** What a token says of a mechanism; sizes of keys in bits. */
export interface MechanismInfo {
  readonly flags: number;
  readonly minKeySize: number;
  readonly maxKeySize: number;
}

/** A vendor's library: the functions of PKCS #11. What fails is thrown, with the return value as `code`. */
export interface Cryptoki {
  load(path: string): void;
  C_Initialize(options: { readonly flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { readonly label: string; readonly flags: number; readonly maxSessionCount: number };
  C_GetMechanismList(slot: Handle): number[];
  C_GetMechanismInfo(slot: Handle, mechanism: number): MechanismInfo;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void;
  C_FindObjects(session: Handle, max: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: readonly Attribute[],
  ): { readonly type: number; readonly value: Buffer }[];
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: Mechanism,
    publicKey: readonly Attribute[],
    privateKey: readonly Attribute[],
  ): Promise<{ readonly publicKey: Handle; readonly privateKey: Handle }>;
  C_DestroyObject(session: Handle, object: Handle): void;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_SignAsync(session: Handle, input: Buffer, output: Buffer): Promise<Buffer>;
}

/** The package. */
export interface Pkcs11js {
  readonly PKCS11: new () => Cryptoki;
  /** Its number of the structure CK_RSA_PKCS_PSS_PARAMS. */
  readonly CK_PARAMS_RSA_PSS: number;
}

const PACKAGE: string = 'pkcs11js';

/** Loads the package. Throws where it is not installed, or was not built for this Node. */
export async function importPkcs11js(): Promise<Pkcs11js> {
  // It is CommonJS, of which only the default export is certain.
  const loaded = (await import(PACKAGE)) as { readonly default: Pkcs11js };
  return loaded.default;
}
