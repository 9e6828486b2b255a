import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** What the API's provider stands in for until a tracer is started. */
const nothing = new ProxyTracerProvider().getDelegate();
const unrecorded = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Whether spans go anywhere; without a started tracer they are not even made. */
export function isTracing(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== nothing;
}

/** Kind of a span, in OpenTelemetry's words. */
export type SpanRole = 'server' | 'client' | 'internal';

const kinds: Readonly<Record<SpanRole, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

/** A span to open: its name never holds an identifier of a person or a request. */
export interface SpanOptions {
  readonly name: string;
  readonly role: SpanRole;
  readonly attributes?: Attributes;
  /** W3C `traceparent` of the work that caused this; undefined = the running span, if any. */
  readonly parent?: string | undefined;
}

/** Runs `work` inside a span; a throw marks it failed. Without a started tracer nothing is made, and `work` just runs. */
export async function withSpan<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  return isTracing() ? traced(options, work) : work(unrecorded);
}

async function traced<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = options.parent === undefined ? context.active() : contextOf(options.parent);
  const span = trace
    .getTracer('tessera')
    .startSpan(
      options.name,
      { kind: kinds[options.role], ...(options.attributes ? { attributes: options.attributes } : {}) },
      parent,
    );
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, ...(error instanceof Error ? { message: error.name } : {}) });
    throw error;
  } finally {
    span.end();
  }
}

function contextOf(traceparent: string): Context {
  return propagation.extract(context.active(), { traceparent });
}

/** W3C `traceparent` of the running span; undefined when there is none or it is not recorded. */
export function currentTraceparent(): string | undefined {
  const span = trace.getActiveSpan();
  if (span === undefined || !span.isRecording()) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/**
 * Starts the tracer and its OTLP/HTTP exporter. Loaded only when asked for: the SDK costs 200 ms to import. Spans say
 * which service and instance they are of and on which host, and what `OTEL_RESOURCE_ATTRIBUTES` adds, but nothing of the
 * command line. `close` sends what is left and ends tracing.
 */
export async function startTracing(options: {
  /** Base address of the collector, e.g. `http://collector:4318`. */
  readonly otlpEndpoint: string;
  readonly service: string;
}): Promise<{ close(): Promise<void> }> {
  const [{ NodeSDK }, { OTLPTraceExporter }, detectors] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const sdk = new NodeSDK({
    serviceName: options.service,
    resourceDetectors: [detectors.serviceInstanceIdDetector, detectors.hostDetector, detectors.envDetector],
    traceExporter: new OTLPTraceExporter({ url: `${options.otlpEndpoint.replace(/\/$/, '')}/v1/traces` }),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return {
    async close() {
      await sdk.shutdown();
      for (const api of [trace, context, propagation]) api.disable();
    },
  };
}
