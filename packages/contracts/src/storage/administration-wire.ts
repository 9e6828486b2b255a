import {
  type GrantSelector as GrantSelectorMessage,
  type ParkedEvent as ParkedEventMessage,
  type PutRecordRequest,
  RecordKind,
  type Record as RecordMessage,
} from '@tessera/proto/tessera/storage/v1/administration';
import { type EnumTable, enumFromWire } from '../enum-wire.ts';
import { malformed, optionalText, required } from '../outcome-wire.ts';
import type {
  AdministeredKind,
  AdministeredRecords,
  Expectation,
  GrantSelector,
  RecordToPut,
} from './administration.ts';
import type { ParkedEvent } from './events.ts';
import { eventFromWire, eventToWire } from './events-wire.ts';
import { filterToWire } from './page-wire.ts';
import type { Versioned } from './records.ts';
import {
  clientFromWire,
  clientToWire,
  connectorFromWire,
  connectorToWire,
  credentialFromWire,
  credentialToWire,
  initialAccessTokenFromWire,
  initialAccessTokenToWire,
  userFromWire,
  userToWire,
} from './records-wire.ts';

const kinds: EnumTable<AdministeredKind, RecordKind> = {
  client: RecordKind.CLIENT,
  connector: RecordKind.CONNECTOR,
  user: RecordKind.USER,
  credential: RecordKind.CREDENTIAL,
  initial_access_token: RecordKind.INITIAL_ACCESS_TOKEN,
};

/** A kind as an enumerator. */
export function kindToWire(kind: AdministeredKind): RecordKind {
  return kinds[kind];
}

/** The kind of an enumerator; one that only a newer peer knows is refused. */
export function kindFromWire(kind: RecordKind): AdministeredKind {
  return required(enumFromWire(kinds, kind), 'kind');
}

type RecordCase = NonNullable<RecordMessage['value']>;

/** How the records of each kind travel. Given another kind's case, `fromWire` says undefined. */
const records: {
  readonly [K in AdministeredKind]: {
    toWire(value: AdministeredRecords[K]): RecordCase;
    fromWire(message: RecordCase): AdministeredRecords[K] | undefined;
  };
} = {
  client: {
    toWire: (client) => ({ $case: 'client', value: clientToWire(client) }),
    fromWire: ({ $case, value }) => ($case === 'client' ? clientFromWire(value) : undefined),
  },
  connector: {
    toWire: (connector) => ({ $case: 'connector', value: connectorToWire(connector) }),
    fromWire: ({ $case, value }) => ($case === 'connector' ? connectorFromWire(value) : undefined),
  },
  user: {
    toWire: (user) => ({ $case: 'user', value: userToWire(user) }),
    fromWire: ({ $case, value }) => ($case === 'user' ? userFromWire(value) : undefined),
  },
  credential: {
    toWire: (credential) => ({ $case: 'credential', value: credentialToWire(credential) }),
    fromWire: ({ $case, value }) => ($case === 'credential' ? credentialFromWire(value) : undefined),
  },
  initial_access_token: {
    toWire: (token) => ({ $case: 'initialAccessToken', value: initialAccessTokenToWire(token) }),
    fromWire: ({ $case, value }) => ($case === 'initialAccessToken' ? initialAccessTokenFromWire(value) : undefined),
  },
};

const kindOfCase: Readonly<Record<RecordCase['$case'], AdministeredKind>> = {
  client: 'client',
  connector: 'connector',
  user: 'user',
  credential: 'credential',
  initialAccessToken: 'initial_access_token',
};

/** A record of a kind with its version, as a message. */
export function recordToWire<K extends AdministeredKind>(
  kind: K,
  { value, version }: Versioned<AdministeredRecords[K]>,
): RecordMessage {
  return { version, value: records[kind].toWire(value) };
}

/** The record of a message, with its version; throws when it is not of the kind. */
export function recordFromWire<K extends AdministeredKind>(
  kind: K,
  { version, value }: RecordMessage,
): Versioned<AdministeredRecords[K]> {
  return { value: required(records[kind].fromWire(required(value, 'value')), kind), version };
}

/** A record to write, as a message. */
export function recordToPutToWire<K extends AdministeredKind>(record: RecordToPut<K>): PutRecordRequest {
  return {
    record: { version: 0, value: records[record.kind].toWire(record.value) },
    expected: expectationToWire(record.expected),
    actor: record.actor,
  };
}

/** The record to write of a message; throws when the message does not say what has to stand before. */
export function recordToPutFromWire({ record, expected, actor }: PutRecordRequest): RecordToPut<AdministeredKind> {
  const message = required(record, 'record');
  const kind = required(kindOfCase[required(message.value, 'value').$case], 'kind');
  return { kind, value: recordFromWire(kind, message).value, expected: expectationFromWire(expected), actor };
}

function expectationToWire(expected: Expectation): PutRecordRequest['expected'] {
  return typeof expected === 'number' ? { $case: 'version', value: expected } : { $case: expected, value: true };
}

function expectationFromWire(expected: PutRecordRequest['expected']): Expectation {
  if (expected?.$case === 'version') return expected.value;
  if (expected?.value !== true) throw malformed('message without expected');
  return expected.$case;
}

/** A version that is expected, as it travels. Throws TypeError for 0, which on the wire would mean "any". */
export function expectedVersionToWire(version: number | undefined): number {
  if (version === 0) throw new TypeError('version 0 cannot be expected of a stored record');
  return version ?? 0;
}

/**
 * A selector as a message. Throws TypeError for an empty member, which on the wire would select more, and for one that
 * selects every grant.
 */
export function selectorToWire(selector: GrantSelector): GrantSelectorMessage {
  const message = {
    subject: filterToWire('subject', selector.subject),
    clientId: filterToWire('clientId', selector.clientId),
    sessionId: filterToWire('sessionId', selector.sessionId),
    connectorId: filterToWire('connectorId', selector.connectorId),
  };
  if (Object.values(message).every((member) => member === '')) throw new TypeError('a selector of every grant');
  return message;
}

/** The selector of a message; one that selects every grant is refused. */
export function selectorFromWire(message: GrantSelectorMessage | undefined): GrantSelector {
  const { subject, clientId, sessionId, connectorId } = required(message, 'selector');
  const selector: GrantSelector = {
    ...optionalText('subject', subject),
    ...optionalText('clientId', clientId),
    ...optionalText('sessionId', sessionId),
    ...optionalText('connectorId', connectorId),
  };
  if (Object.keys(selector).length === 0) throw malformed('a selector of every grant');
  return selector;
}

/** An event kept aside, as a message. */
export function parkedToWire(parked: ParkedEvent): ParkedEventMessage {
  return { ...parked, event: eventToWire(parked.event) };
}

/** The event kept aside of a message. */
export function parkedFromWire({ position, event, parkedAt, reason }: ParkedEventMessage): ParkedEvent {
  return {
    position,
    event: eventFromWire(required(event, 'event')),
    parkedAt: required(parkedAt, 'parked_at'),
    reason,
  };
}
