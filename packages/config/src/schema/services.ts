import * as z from 'zod';
import type { ServiceName } from '../types.ts';
import { dialAddressFault, listenAddressFault } from './addresses.ts';
import { checkedText } from './fields.ts';

const service = (name: ServiceName) =>
  z
    .strictObject({
      http: checkedText('Address its public HTTP and `/healthz` listen on.', listenAddressFault).exactOptional(),
      grpc: checkedText('Address its gRPC listens on.', listenAddressFault).exactOptional(),
      addresses: z
        .array(checkedText('An address to dial.', dialAddressFault))
        .default([])
        .describe('Where the other services find it: `host:port` items, or one `dns:///name:port`.'),
    })
    .prefault({})
    .describe(`Addresses of the ${name} service.`);

/** `services` (Tessera's own): addresses when services are separate processes. */
export const servicesSchema = z
  .strictObject({
    authorize: service('authorize'),
    token: service('token'),
    keys: service('keys'),
    federation: service('federation'),
    storage: service('storage'),
    events: service('events'),
  })
  .prefault({})
  .describe('Addresses of the services when they are separate processes.');
