import * as z from 'zod';
import { httpUrlFault, listenAddressFault } from './addresses.ts';
import { checkedText, ignored } from './fields.ts';

/** `telemetry`: metrics, health and traces. */
export const telemetrySchema = z
  .strictObject({
    http: checkedText('Address of the listener for metrics and health.', listenAddressFault).exactOptional(),
    enableProfiling: ignored('Go profiling pages.', 'there are no profiling pages; the key has no effect'),
    otlpEndpoint: checkedText(
      'OTLP/HTTP base address for traces, for example `http://collector:4318`.',
      httpUrlFault,
    ).exactOptional(),
  })
  .prefault({})
  .describe('Metrics, health and traces.');
