import * as z from 'zod';
import type { SignerConfig } from '../types.ts';
import { duration } from './fields.ts';

const local = z
  .strictObject({
    type: z.literal('local').describe('Keys are made and kept here.'),
    config: z
      .strictObject({
        keysRotationPeriod: duration(
          'How often the signing key changes; `expiry.signingKeys` when left out.',
        ).exactOptional(),
        algorithm: z
          .enum(['RS256', 'ES256'])
          .default('RS256')
          .describe('Algorithm of new keys; a change applies at the next rotation.'),
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

/** The effective signer; the rotation period may come from the older key in `expiry`. */
export function toSignerConfig(signer: z.output<typeof signerSchema>, signingKeysSeconds: number): SignerConfig {
  return {
    type: 'local',
    keysRotationPeriodSeconds: signer.config.keysRotationPeriod ?? signingKeysSeconds,
    algorithm: signer.config.algorithm,
  };
}
