import { StorageEventsServiceService, StorageOutboxServiceService } from '@tessera/proto/tessera/storage/v1/events';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { sendReadable } from '../outcome-wire.ts';
import type { StorageEventsApi, StorageOutboxApi } from './events.ts';
import {
  appendedFromWire,
  appendedToWire,
  eventFromWire,
  eventToWire,
  takenFromWire,
  takenToWire,
  takeRequestToWire,
} from './events-wire.ts';
import { idempotentMethods } from './idempotent-methods.ts';

/** Takes events for a storage in another process. */
export function eventsClient(channel: RpcChannel, deadlineMs: number): StorageEventsApi {
  const client = createRpcClient({
    definition: StorageEventsServiceService,
    channel,
    idempotent: idempotentMethods.StorageEventsService,
    deadlineMs,
  });
  return {
    async appendEvents(events) {
      return (await client.appendEvents({ events: events.map(eventToWire) })).outcomes.map(appendedFromWire);
    },
  };
}

/** Takes events from every service that can cause one. */
export function eventsBinding(api: StorageEventsApi): RpcBinding {
  return bindRpc({
    definition: StorageEventsServiceService,
    allowedCallers: ['authorize', 'token', 'keys', 'federation', 'admin'],
    methods: {
      async appendEvents({ events }) {
        const outcomes = await sendReadable(events, eventFromWire, (read) => api.appendEvents(read));
        return { outcomes: outcomes.map(appendedToWire) };
      },
    },
  });
}

/** The outbox of a storage in another process. */
export function outboxClient(channel: RpcChannel, deadlineMs: number): StorageOutboxApi {
  const client = createRpcClient({
    definition: StorageOutboxServiceService,
    channel,
    idempotent: idempotentMethods.StorageOutboxService,
    deadlineMs,
  });
  return {
    async takeEvents(request) {
      return takenFromWire(await client.takeEvents(takeRequestToWire(request)));
    },
    async settleEvents({ published, parked }) {
      await client.settleEvents({ published: [...published], parked: [...parked] });
    },
    async releaseLanes(workerId) {
      await client.releaseLanes({ workerId });
    },
  };
}

/** Hands events on to the service that publishes them. */
export function outboxBinding(api: StorageOutboxApi): RpcBinding {
  return bindRpc({
    definition: StorageOutboxServiceService,
    allowedCallers: ['events'],
    methods: {
      async takeEvents(request) {
        return takenToWire(await api.takeEvents(request));
      },
      async settleEvents(request) {
        await api.settleEvents(request);
        return {};
      },
      async releaseLanes({ workerId }) {
        await api.releaseLanes(workerId);
        return {};
      },
    },
  });
}
