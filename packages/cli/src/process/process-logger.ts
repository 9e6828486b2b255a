import type { Environment, TesseraConfig } from '@tessera/config';
import { createLogger, type Logger, startTracing } from '@tessera/telemetry';

/** The logger of a process; `service` is the name of its target. */
export function processLogger({ logger }: Pick<TesseraConfig, 'logger'>, service: string): Logger {
  return createLogger({ service, ...logger });
}

/**
 * Starts tracing when `telemetry.otlpEndpoint` or the environment variable OTEL_EXPORTER_OTLP_ENDPOINT says where traces
 * go. The result stops it, sending what is left.
 */
export async function processTracing(
  { telemetry }: Pick<TesseraConfig, 'telemetry'>,
  env: Environment,
  service: string,
): Promise<{ close(): Promise<void> }> {
  const otlpEndpoint = telemetry.otlpEndpoint ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (otlpEndpoint === undefined || otlpEndpoint === '') return { close: async () => {} };
  return startTracing({ otlpEndpoint, service: `tessera-${service}` });
}
