import type { Metrics } from '@tessera/telemetry';
import type { KeyStep } from './rotation/key-changes.ts';

/** What is measured of keys. */
export interface KeyMetrics {
  /** A step in the life of a key or a master secret, counted by the replica that wrote it. */
  changed(algorithm: string, step: KeyStep): void;
  signed(algorithm: string, count: number): void;
  /** How long one signature took, from its turn to its end; a sample, as measuring is not free. */
  took(algorithm: string, seconds: number): void;
  /** Bundles that are being signed, by how many more or fewer. */
  pending(change: number): void;
}

/** What is asked for when somebody looks. */
export interface KeyGauges {
  readonly ageSeconds: () => number;
  readonly secondsUntilActivation: () => number;
}

/** From a signature on a curve to one by a device over the network. */
const SIGNING_BUCKETS = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2];

/** The measurements of the keys service. */
export function createKeyMetrics(metrics: Metrics, gauges: KeyGauges): KeyMetrics {
  const changes = metrics.counter(
    'tessera_key_transitions_total',
    'Steps in the lives of keys and master secrets that this process wrote.',
    ['algorithm', 'step'],
  );
  const signatures = metrics.counter('tessera_signatures_total', 'Tokens that were signed.', ['algorithm']);
  const durations = metrics.histogram(
    'tessera_signing_seconds',
    'How long a signature took, the first of each call and algorithm.',
    SIGNING_BUCKETS,
    ['algorithm'],
  );
  let waiting = 0;
  metrics.gauge('tessera_signing_pending', 'Answers whose tokens are being signed.', () => waiting);
  metrics.gauge(
    'tessera_keys_state_age_seconds',
    'How long ago storage said what is known of the keys.',
    gauges.ageSeconds,
  );
  metrics.gauge(
    'tessera_keys_next_activation_seconds',
    'Until the next key begins to sign, as planned; negative when that is late.',
    gauges.secondsUntilActivation,
  );
  return {
    changed: (algorithm, step) => changes.add({ algorithm, step }),
    signed: (algorithm, count) => signatures.add({ algorithm }, count),
    took: (algorithm, seconds) => durations.observe({ algorithm }, seconds),
    pending(change) {
      waiting += change;
    },
  };
}
