import * as z from 'zod';
import type { ShutdownConfig } from '../types.ts';
import { duration } from './fields.ts';

const LONGEST = { maxSeconds: 3600, maxText: '1h' };

/** `shutdown` (Tessera's own): how a process ends after a signal. */
export const shutdownSchema = z
  .strictObject({
    delay: duration(
      'How long a process goes on taking requests after it has reported that it is not ready; for platforms that only then stop sending it any.',
      { allowZero: true, ...LONGEST },
    ).prefault('0s'),
    grace: duration(
      'How long requests and calls in flight may take after that. Longer than the longest request, which is 15 s.',
      { allowZero: true, ...LONGEST },
    ).prefault('20s'),
  })
  .prefault({})
  .describe('How a process ends after a signal.');

/** The effective block. */
export function toShutdownConfig({ delay, grace }: z.output<typeof shutdownSchema>): ShutdownConfig {
  return { delaySeconds: delay, graceSeconds: grace };
}
