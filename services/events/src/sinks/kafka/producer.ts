/** A record of a topic. Records of one key go to one partition. */
export interface OutgoingRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A connection to Kafka. */
export interface KafkaProducer {
  /**
   * Sends records once, those of one key in their order; resolves when all in-sync replicas have them. Throws RecordRefused
   * when at least one of them is refused for itself, and another error when it is worth trying again; in both cases some of
   * them may be in the topic.
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Does not wait for requests under way. */
  close(): void;
}
