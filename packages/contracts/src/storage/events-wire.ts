import type {
  AppendOutcome,
  OutboxBacklog as OutboxBacklogMessage,
  SecurityEvent as SecurityEventMessage,
  TakeEventsRequest as TakeEventsRequestMessage,
  TakeEventsResponse,
  WaitingEvent as WaitingEventMessage,
} from '@tessera/proto/tessera/storage/v1/events';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import { errorCase, flagFromWire, optional, required, wholeSeconds } from '../outcome-wire.ts';
import type { OutboxBacklog, SecurityEvent, TakeEventsRequest, TakenEvents, WaitingEvent } from './events.ts';

/** An event as a message. */
export function eventToWire(event: SecurityEvent): SecurityEventMessage {
  return { ...event };
}

/** The event of a message. */
export function eventFromWire(message: SecurityEventMessage): SecurityEvent {
  return { ...message, time: required(message.time, 'time') };
}

/** What became of an event to append, as a message. */
export function appendedToWire(outcome: Outcome<void>): AppendOutcome {
  return { outcome: outcome.ok ? { $case: 'isAppended', value: true } : errorCase(outcome.error) };
}

/** What became of an event to append. A peer that says it is not appended has failed. */
export function appendedFromWire({ outcome }: AppendOutcome): Outcome<void> {
  const flag = flagFromWire(outcome);
  if (!flag.ok) return flag;
  return flag.value ? succeeded(undefined) : failed(new Error('an event that was not appended'));
}

/** An event on its way as a message. */
export function waitingToWire({ position, event }: WaitingEvent): WaitingEventMessage {
  return { position, event: eventToWire(event) };
}

/** The event on its way of a message. */
export function waitingFromWire({ position, event }: WaitingEventMessage): WaitingEvent {
  return { position, event: eventFromWire(required(event, 'event')) };
}

/** What a worker asks for, as a message. */
export function takeRequestToWire(request: TakeEventsRequest): TakeEventsRequestMessage {
  return { ...request, leaseSeconds: wholeSeconds(request.leaseSeconds) };
}

/** What a worker gets, as a message. */
export function takenToWire({ events, lanes, backlog }: TakenEvents): TakeEventsResponse {
  return { events: events.map(waitingToWire), lanes: [...lanes], backlog: backlogToWire(backlog) };
}

/** What a worker gets. */
export function takenFromWire({ events, lanes, backlog }: TakeEventsResponse): TakenEvents {
  return { events: events.map(waitingFromWire), lanes, backlog: backlogFromWire(required(backlog, 'backlog')) };
}

function backlogToWire({ waiting, oldestAt, parked }: OutboxBacklog): OutboxBacklogMessage {
  return { waiting, oldestAt, parked };
}

function backlogFromWire({ waiting, oldestAt, parked }: OutboxBacklogMessage): OutboxBacklog {
  return { waiting, ...optional('oldestAt', oldestAt), parked };
}
