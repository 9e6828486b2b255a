import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { RpcConfig } from '../types.ts';
import { duration, flag, isOn, requiredText } from './fields.ts';
import type { Partially } from './partially.ts';

/** `rpc` (Tessera's own): calls between the services. */
export const rpcSchema = z
  .strictObject({
    tls: z
      .strictObject({
        caFile: requiredText('PEM file of the authority of all services.'),
        certFile: requiredText(
          'PEM file of this service’s certificate; `{service}` becomes its name. All three are read again when they change.',
        ),
        keyFile: requiredText('PEM file of this service’s key; `{service}` becomes its name.'),
      })
      .exactOptional()
      .describe('Mutual TLS between the services.'),
    insecurePlaintext: flag('Allow plaintext calls beyond this machine.'),
    deadline: duration('How long a call may take when its caller has no deadline.').prefault('5s'),
  })
  .prefault({})
  .describe('Calls between the services.');

/** Plaintext and TLS exclude each other. */
export function checkRpc(rpc: Partially<z.input<typeof rpcSchema>>, report: Report): void {
  if (isOn(rpc?.insecurePlaintext) && rpc?.tls !== undefined) {
    report.derived(['rpc', 'insecurePlaintext'], 'contradicts rpc.tls; remove one of them');
  }
}

/** The effective block. */
export function toRpcConfig(rpc: z.output<typeof rpcSchema>): RpcConfig {
  return {
    insecurePlaintext: rpc.insecurePlaintext,
    deadlineSeconds: rpc.deadline,
    ...(rpc.tls ? { tls: rpc.tls } : {}),
  };
}
