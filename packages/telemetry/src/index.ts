export { createRequestId, currentContext, parseRequestId, runInContext, type WorkContext } from './context.ts';
export { flowTraceSuffix, traceparentOfFlow } from './flow-trace.ts';
export {
  createLogger,
  describeError,
  type LogFields,
  type Logger,
  type LoggerOptions,
  silentLogger,
} from './logger.ts';
export {
  type CounterMetric,
  createMetrics,
  type GaugeMetric,
  type HistogramMetric,
  type MetricLabels,
  type Metrics,
  type MetricsExposition,
  noMetrics,
} from './metrics.ts';
export { currentTraceparent, isTracing, type SpanOptions, type SpanRole, startTracing, withSpan } from './tracing.ts';
