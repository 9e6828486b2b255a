/** A broker refuses a record for itself, however often it is sent. The message is for the operator. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
}

/** What a broker says of a record that it will never take (Kafka protocol, error codes 10, 18 and 87). */
const refusals: ReadonlyMap<string, string> = new Map([
  ['MESSAGE_TOO_LARGE', 'larger than the topic allows'],
  ['RECORD_LIST_TOO_LARGE', 'larger than a segment of the topic'],
  ['INVALID_RECORD', 'not valid for the topic'],
]);

/** The refusal that an error of KafkaJS tells of; undefined for whatever is worth trying again. */
export function refusalIn(error: unknown): RecordRefused | undefined {
  for (const { type, message } of causesOf(error)) {
    const isInvalidRecord = type === 'KAFKAJS_UNKNOWN_ERROR_CODE' && message === 'Unknown error code 87';
    const known = refusals.get(isInvalidRecord ? 'INVALID_RECORD' : String(type));
    if (known !== undefined) return new RecordRefused(known);
  }
  return undefined;
}

/** An error and what caused it, one after another. */
export function* causesOf(error: unknown): Generator<Error & { readonly type?: unknown }> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}
