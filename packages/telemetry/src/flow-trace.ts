import { isSpanContextValid, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';

/** Random bytes of a flow's identifier. */
const RANDOM_BYTES = 16;
const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

/**
 * What a flow's identifier ends with when its first request is traced: trace id and span id of that request, so that the
 * requests that follow, from whichever side, join its tree without anything being looked up. Empty otherwise.
 */
export function flowTraceSuffix(): Uint8Array {
  const span = trace.getActiveSpan();
  const context = span?.spanContext();
  if (span === undefined || context === undefined || !span.isRecording() || !isSpanContextValid(context))
    return new Uint8Array();
  return Buffer.from(context.traceId + context.spanId, 'hex');
}

/** The `traceparent` (W3C Trace Context §3.2) a flow's identifier carries; undefined when it carries none. */
export function traceparentOfFlow(flowId: Uint8Array): string | undefined {
  if (flowId.length !== RANDOM_BYTES + TRACE_BYTES + SPAN_BYTES) return undefined;
  const hex = Buffer.from(flowId).toString('hex');
  const traceId = hex.slice(2 * RANDOM_BYTES, 2 * (RANDOM_BYTES + TRACE_BYTES));
  const context: SpanContext = { traceId, spanId: hex.slice(-2 * SPAN_BYTES), traceFlags: TraceFlags.SAMPLED };
  return isSpanContextValid(context) ? `00-${context.traceId}-${context.spanId}-01` : undefined;
}
