import { CKF } from './cryptoki.ts';
import { Pkcs11Failure, toFailure } from './failure.ts';
import { type Cryptoki, importPkcs11js, type Pkcs11js } from './pkcs11js.ts';

/** A vendor's library that is loaded and initialised. */
export interface Binding {
  readonly library: Cryptoki;
  /** The binding's number of the structure CK_RSA_PKCS_PSS_PARAMS. */
  readonly pssParameters: number;
}

/** Names and paths are cut there, as they end up in a message. */
const MAX_REASON = 300;

/**
 * Loads a vendor's library. Throws `refused` when the package that speaks to such libraries is not installed or not built for
 * this platform, and when the file is no PKCS #11 library.
 */
export async function loadLibrary(path: string): Promise<Binding> {
  const { PKCS11, CK_PARAMS_RSA_PSS } = await loadPackage();
  const library = new PKCS11();
  try {
    library.load(path);
  } catch (error) {
    throw new Pkcs11Failure('refused', `the PKCS #11 library ${path} cannot be loaded: ${reasonOf(error)}`);
  }
  try {
    library.C_Initialize({ flags: CKF.OS_LOCKING_OK });
  } catch (error) {
    const { message } = toFailure(`to initialise the PKCS #11 library ${path}`, error);
    throw new Pkcs11Failure('unavailable', message);
  }
  return { library, pssParameters: CK_PARAMS_RSA_PSS };
}

async function loadPackage(): Promise<Pkcs11js> {
  try {
    return await importPkcs11js();
  } catch (error) {
    throw new Pkcs11Failure(
      'refused',
      `PKCS #11 needs the package pkcs11js, which is not there or was not built for this Node: install a C++ compiler, make and Python, then run npm install pkcs11js (${reasonOf(error)})`,
    );
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return text.slice(0, MAX_REASON);
}
