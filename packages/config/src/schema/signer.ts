import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import * as z from 'zod';
import type { SignerConfig } from '../types.ts';
import { duration } from './fields.ts';
import type { Partially } from './partially.ts';

const DEFAULT_ALGORITHM = 'RS256';

const local = z
  .strictObject({
    type: z.literal('local').describe('Keys are made and kept here.'),
    config: z
      .strictObject({
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
      })
      .prefault({})
      .describe('The local signer.'),
  })
  .describe('Keys in our own storage.');

/** `signer`: what signs tokens. */
export const signerSchema = z
  .discriminatedUnion('type', [local])
  .prefault({ type: 'local' })
  .meta({ description: 'What signs tokens.', otherTypes: { noun: 'signer', knownFromDex: ['vault'] } });

/** Every algorithm that tokens can be signed with, the default one first, each once. */
export function signingAlgorithms(signer: Partially<z.input<typeof signerSchema>>): readonly string[] {
  const { algorithm = DEFAULT_ALGORITHM, algorithms = [] } = signer?.config ?? {};
  return [...new Set([algorithm, ...algorithms.filter((item) => item !== undefined)])];
}

/** The effective signer; the rotation period may come from the older key in `expiry`. */
export function toSignerConfig(signer: z.output<typeof signerSchema>, signingKeysSeconds: number): SignerConfig {
  const { keysRotationPeriod = signingKeysSeconds, algorithm, algorithms = [] } = signer.config;
  return {
    type: 'local',
    keysRotationPeriodSeconds: keysRotationPeriod,
    algorithm,
    algorithms: [...new Set([algorithm, ...algorithms])],
  };
}
