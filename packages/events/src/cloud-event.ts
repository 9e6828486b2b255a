import type { SecurityEvent } from '@tessera/contracts';

/** An event as others read it, in the JSON format of CloudEvents 1.0 (§3 of both specifications). */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** UUID; an event that is delivered twice has the same both times. */
  readonly id: string;
  /** The issuer. */
  readonly source: string;
  /** `dev.tessera.` and the type. */
  readonly type: string;
  /** The key. */
  readonly subject: string;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Names the schema of `data` and its version; the same at every issuer. */
  readonly dataschema: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the types of CloudEvents begin with. */
const TYPE_PREFIX = 'dev.tessera.';

/**
 * An event of the outbox as a CloudEvent. `source` is the issuer's URL. A type that only a newer version knows is passed on.
 * Throws SyntaxError or TypeError for data that is no JSON object.
 */
export function toCloudEvent(event: SecurityEvent, source: string): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    source,
    type: `${TYPE_PREFIX}${event.type}`,
    subject: event.key,
    time: event.time.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `urn:tessera:event:${event.type}:1`,
    data: parseObject(event.data),
  };
}

function parseObject(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('the data of an event has to be a JSON object');
  }
  return value as Record<string, unknown>;
}
