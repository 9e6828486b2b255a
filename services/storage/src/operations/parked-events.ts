import type { StorageAdminApi } from '@tessera/contracts';
import type { OutboxStore } from '../ports.ts';
import { invalidInput, isStorableId } from '../rules/accepted-input.ts';
import { cutPage, pageBounds } from './pages.ts';

/** What looking after parked events needs. */
export interface ParkedEventsOptions {
  readonly durable: OutboxStore;
  /** Whether events are kept at all. */
  readonly hasOutbox: boolean;
}

const MAX_POSITIONS = 1000;

/** Events that were put aside, one statement each. */
export function createParkedEvents({
  durable,
  hasOutbox,
}: ParkedEventsOptions): Pick<StorageAdminApi, 'listParkedEvents' | 'retryParkedEvents'> {
  return {
    async listParkedEvents(request) {
      const { after, limit } = pageBounds(request);
      const found = hasOutbox ? await durable.listParkedEvents(limit + 1, after) : [];
      const items = found.map((value) => {
        return { id: value.position, value, bytes: Buffer.byteLength(value.event.data, 'utf8') };
      });
      return cutPage(items, limit);
    },
    async retryParkedEvents(positions) {
      if (positions !== undefined && (positions.length > MAX_POSITIONS || !positions.every(isStorableId))) {
        throw invalidInput('storage.invalid_position', `at most ${MAX_POSITIONS} events are retried at a time`);
      }
      return hasOutbox && positions?.length !== 0 ? durable.unparkEvents(positions) : 0;
    },
  };
}
