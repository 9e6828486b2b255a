import type * as z from 'zod';
import type { Pkcs11Config } from '../../key-types.ts';
import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import { checkedText, optionalText, requiredText } from '../fields.ts';
import type { Partially } from '../partially.ts';

const DEFAULT_KEY_LABEL = 'tessera';

/** `CK_TOKEN_INFO` has this much room for a label (PKCS #11 §3.2). */
const MAX_LABEL_BYTES = 32;

/** Keys that name a PKCS#11 token and open it. */
export const pkcs11Keys = {
  library: requiredText('Path of the library that speaks for the token.'),
  tokenLabel: checkedText('Label of the token.', (value) => {
    if (value === '') return 'must not be empty';
    return Buffer.byteLength(value, 'utf8') > MAX_LABEL_BYTES ? 'must be at most 32 bytes' : undefined;
  }),
  pin: optionalText('PIN of the user; this, `pinFile` or `pinEnv`. Prefer those two.'),
  pinFile: optionalText('File that holds the PIN.'),
  pinEnv: optionalText('Environment variable that holds the PIN.'),
  keyLabel: requiredText('Label of the keys that are made.').default(DEFAULT_KEY_LABEL),
};

type Keys = z.ZodObject<typeof pkcs11Keys>;

/** A token that cannot be opened is of no use. */
export function checkPkcs11(pkcs11: Partially<z.input<Keys>> | undefined, path: ConfigPath, report: Report): void {
  if (pkcs11 !== undefined && !pkcs11.pin) report.derived([...path, 'pin'], 'is required (or pinFile or pinEnv)');
}

/** The effective token. The PIN is filled from its sources before, and checked. */
export function toPkcs11Config({ library, tokenLabel, pin = '', keyLabel }: z.output<Keys>): Pkcs11Config {
  return { library, tokenLabel, pin, keyLabel };
}
