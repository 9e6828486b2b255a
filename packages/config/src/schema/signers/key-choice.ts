import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '@tessera/oauth';
import * as z from 'zod';
import { duration } from '../fields.ts';

/** What is signed with when nothing is said, as in Dex. */
export const DEFAULT_ALGORITHM: SigningAlgorithm = 'RS256';

/** Keys that every signer has. */
export const keyChoice = {
  keysRotationPeriod: duration(
    'How often the signing key changes; `expiry.signingKeys` when left out.',
  ).exactOptional(),
  algorithm: z
    .enum(SIGNING_ALGORITHMS)
    .default(DEFAULT_ALGORITHM)
    .describe('What is signed with unless a client asks for another; a change applies at the next rotation.'),
  algorithms: z
    .array(z.enum(SIGNING_ALGORITHMS))
    .exactOptional()
    .describe(
      'Every algorithm that there are keys for (Tessera’s own); `algorithm` is always among them, and alone when left out.',
    ),
};

/** Size of new RSA keys. */
export const rsaKeySize = z
  .literal([2048, 3072, 4096])
  .default(2048)
  .describe('Size of new RSA keys in bits (Tessera’s own).');
