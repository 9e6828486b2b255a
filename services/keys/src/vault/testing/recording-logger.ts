import { describeError, type Logger } from '@tessera/telemetry';

/** A record that was logged. */
export interface LogRecord {
  readonly level: keyof Logger;
  readonly message: string;
  /** Fields and errors, with the chain of their causes, as text. */
  readonly text: string;
}

/** A logger that keeps what it is told. */
export interface RecordingLogger extends Logger {
  readonly records: readonly LogRecord[];
}

/** A logger for tests that look at what is logged. */
export function createRecordingLogger(): RecordingLogger {
  const records: LogRecord[] = [];
  const write =
    (level: keyof Logger): Logger['info'] =>
    (fields, message) => {
      const { err, ...others } = fields;
      const text = JSON.stringify([others, err === undefined ? undefined : describeError(err)]);
      records.push({ level, message, text });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), records };
}
