import type { CloudEventMessage, PublishOutcome } from '../ports.ts';

/** One line of JSON for each event. */
export function linesOf(events: readonly CloudEventMessage[]): string {
  return events.map(({ body }) => `${body}\n`).join('');
}

/** The outcome of a sink that takes all or nothing. */
export async function allPublished(
  events: readonly CloudEventMessage[],
  write: () => Promise<void>,
): Promise<PublishOutcome> {
  try {
    await write();
    return { published: [...events.keys()], refused: [] };
  } catch (failure) {
    return { published: [], refused: [], failure };
  }
}
