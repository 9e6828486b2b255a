import type { SigningAlgorithm } from '@tessera/oauth';
import { CKF, CKM } from './cryptoki.ts';
import { toFailure } from './failure.ts';
import { MECHANISMS } from './mechanisms.ts';
import type { Cryptoki, Handle } from './pkcs11js.ts';

/**
 * What a token lacks to make keys for some algorithms and to sign with them, a sentence for each algorithm; empty when it lacks
 * nothing.
 */
export function listLacking(
  library: Cryptoki,
  slot: Handle,
  { algorithms, rsaKeyBits }: { readonly algorithms: readonly SigningAlgorithm[]; readonly rsaKeyBits: number },
): readonly string[] {
  try {
    const offered = new Set(library.C_GetMechanismList(slot));
    return algorithms.flatMap((alg) => {
      const { generation, signing, curve, keyBits } = MECHANISMS[alg];
      const needed = [
        { name: generation, flag: CKF.GENERATE_KEY_PAIR },
        { name: signing, flag: CKF.SIGN },
      ];
      const bits = keyBits ?? (curve === undefined ? rsaKeyBits : undefined);
      const lacking = needed.filter(({ name, flag }) => {
        if (!offered.has(CKM[name])) return true;
        const info = library.C_GetMechanismInfo(slot, CKM[name]);
        return (info.flags & flag) === 0 || !isWithin(bits, info);
      });
      if (lacking.length === 0) return [];
      const names = lacking.map(({ name }) => `CKM_${name}`).join(' and ');
      return [`${alg} needs ${names}${bits === undefined ? '' : ` for keys of ${bits} bits`}`];
    });
  } catch (error) {
    throw toFailure('to ask the token what it can do', error);
  }
}

/** Sizes are in bits. Some libraries say them in bytes, or none at all, which shows by its being too small. */
function isWithin(
  bits: number | undefined,
  { minKeySize, maxKeySize }: { readonly minKeySize: number; readonly maxKeySize: number },
): boolean {
  const isSaid = bits !== undefined && maxKeySize >= (bits > 1024 ? 1024 : 160);
  return !isSaid || (minKeySize <= bits && bits <= maxKeySize);
}
