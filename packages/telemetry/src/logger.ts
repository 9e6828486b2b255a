import { trace } from '@opentelemetry/api';
import { type DestinationStream, destination, pino } from 'pino';
import { currentContext } from './context.ts';
import { createTextStream } from './text-stream.ts';

/** Structured fields of a log record. Never secrets, codes, tokens or passwords. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the code of every service logs with. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** How a logger is made. */
export interface LoggerOptions {
  /** Name in the field `service`. */
  readonly service: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `text` is one `key=value` line a record, for people. */
  readonly format: 'text' | 'json';
  /** Fields dropped from every record: names (`email`), or paths to nested ones (`err.cause`, `*.email`). */
  readonly excludeFields?: readonly string[];
  /** Where records go. Default: standard error. */
  readonly stream?: DestinationStream;
}

/**
 * A logger whose records carry `service`, the request id of the running work and, when traced, `trace_id`. Writing never
 * throws, whatever is in the fields. Throws Error for a path in `excludeFields` that is none.
 */
export function createLogger(options: LoggerOptions): Logger {
  const target = options.stream ?? destination({ fd: 2, sync: false });
  const excluded = (options.excludeFields ?? []).filter((path) => path !== '');
  if (excluded.includes('*')) throw new Error('to exclude the field * would leave nothing to log');
  const logger = pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      mixin: contextFields,
      ...(excluded.length > 0 ? { redact: { paths: [...excluded], remove: true } } : {}),
      serializers: { err: describeError },
    },
    options.format === 'text' ? createTextStream(target) : target,
  );
  const write =
    (level: LoggerOptions['level']) =>
    (fields: LogFields, message: string): void => {
      try {
        logger[level](fields, message);
      } catch (error) {
        logger[level]({ log_fault: error instanceof Error ? error.name : typeof error }, message);
      }
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** A logger that says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function contextFields(): LogFields {
  const context = currentContext();
  const span = trace.getActiveSpan()?.spanContext();
  return {
    ...(context === undefined ? {} : { request_id: context.requestId }),
    ...(span === undefined ? {} : { trace_id: span.traceId }),
  };
}

const MAX_CAUSES = 4;

/** An error with its chain of causes, for the operator: name, message, code and stack of each. */
export function describeError(error: unknown, depth = 0): LogFields {
  if (!(error instanceof Error)) return { message: typeof error === 'string' ? error : typeof error };
  const { code, kind } = error as { code?: unknown; kind?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(kind === undefined ? {} : { kind }),
    ...(depth === 0 ? { stack: error.stack } : {}),
    ...(error.cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
