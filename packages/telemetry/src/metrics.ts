import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Labels of a measurement. Their values come from small closed sets, never from people or requests. */
export type MetricLabels<Name extends string> = Readonly<Record<Name, string>>;

/** Counts what happens. */
export interface CounterMetric<Name extends string = never> {
  /** By 1 when left out; never negative. */
  add(labels: MetricLabels<Name>, by?: number): void;
}

/** Counts measurements by size. */
export interface HistogramMetric<Name extends string = never> {
  observe(labels: MetricLabels<Name>, value: number): void;
}

/** Something that rises and falls. */
export interface GaugeMetric {
  set(value: number): void;
}

/** What the code of every service measures with. A name is used once for a process; a second time throws Error. */
export interface Metrics {
  /** `name` ends in `_total`. */
  counter<Name extends string = never>(name: string, help: string, labelNames?: readonly Name[]): CounterMetric<Name>;
  /** `name` ends in its unit, e.g. `_seconds`; `buckets` are upper bounds in that unit, ascending. */
  histogram<Name extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly Name[],
  ): HistogramMetric<Name>;
  /** With `read`, its value is asked for whenever somebody looks. */
  gauge(name: string, help: string, read?: () => number): GaugeMetric;
  /** Everything measured so far, in Prometheus' text format. */
  exposition(): Promise<MetricsExposition>;
}

/** An answer to Prometheus. */
export interface MetricsExposition {
  readonly contentType: string;
  readonly body: string;
}

/** The event loop's lag is sampled this seldom, so that an idle process is left asleep. */
const EVENT_LOOP_SAMPLE_MS = 100;

/**
 * Measurements of this process on a registry of its own. Those of the process itself (`process_…`: CPU, memory, open files;
 * `nodejs_…`: event-loop lag, heap, garbage collection) are among them from the start.
 */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
  return {
    counter(name, help, labelNames = []) {
      const counter = new Counter({ name, help, labelNames: [...labelNames], registers });
      return { add: (labels, by = 1) => counter.inc(labels, by) };
    },
    histogram(name, help, buckets, labelNames = []) {
      const histogram = new Histogram({ name, help, buckets: [...buckets], labelNames: [...labelNames], registers });
      return { observe: (labels, value) => histogram.observe(labels, value) };
    },
    gauge(name, help, read) {
      const gauge = new Gauge({
        name,
        help,
        registers,
        ...(read === undefined
          ? {}
          : {
              collect() {
                this.set(read());
              },
            }),
      });
      return { set: (value) => gauge.set(value) };
    },
    async exposition() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

/** Measures nothing. */
export const noMetrics: Metrics = {
  counter: () => ({ add() {} }),
  histogram: () => ({ observe() {} }),
  gauge: () => ({ set() {} }),
  exposition: async () => ({ contentType: 'text/plain; charset=utf-8', body: '' }),
};
