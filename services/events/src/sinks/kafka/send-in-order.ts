import type { PublishOutcome } from '../../ports.ts';
import { RecordRefused } from './record-refused.ts';

/**
 * Sends records in their order; when some are refused, finds those by halving and goes on without them. A failure of another
 * kind ends it: behind what failed nothing is sent. The neighbours of a refused record may be sent more than once.
 */
export async function sendInOrder<R>(
  records: readonly R[],
  send: (records: readonly R[]) => Promise<void>,
): Promise<PublishOutcome> {
  const published: number[] = [];
  const refused: { index: number; reason: string }[] = [];
  const sendRange = async (start: number, end: number): Promise<void> => {
    try {
      await send(records.slice(start, end));
      for (let index = start; index < end; index += 1) published.push(index);
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      if (end - start === 1) {
        refused.push({ index: start, reason: error.message });
        return;
      }
      const middle = start + Math.ceil((end - start) / 2);
      await sendRange(start, middle);
      await sendRange(middle, end);
    }
  };
  if (records.length === 0) return { published, refused };
  try {
    await sendRange(0, records.length);
    return { published, refused };
  } catch (failure) {
    return { published, refused, failure };
  }
}
