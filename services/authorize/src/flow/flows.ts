import { randomBytes, randomUUID } from 'node:crypto';
import type { Authorization } from '@tessera/contracts';
import { flowTraceSuffix } from '@tessera/telemetry';
import type { AuthorizePorts } from '../ports.ts';
import { decodeFlow, encodeFlow, type Flow, type FlowAuthentication } from './flow.ts';

/** How it stands with a flow. */
export type FlowState =
  | { readonly type: 'pending'; readonly flow: Flow }
  | { readonly type: 'completed' }
  | { readonly type: 'absent' };

/** The flows of this issuer: every change is one atomic step in storage. */
export interface Flows {
  /** A new flow's id. */
  createId(): string;
  put(flow: Flow): Promise<void>;
  find(id: string): Promise<FlowState>;
  /** Notes who signed in. Undefined: somebody else changed the flow meanwhile, or it ended. */
  authenticate(flow: Flow, authentication: FlowAuthentication): Promise<Flow | undefined>;
  /**
   * Ends the flow, with a code to redeem or without. False: it ended before. The code lives `codeTtlSeconds`; undefined = as
   * long as the issuer's do.
   */
  complete(flow: Flow, authorization?: Authorization, codeTtlSeconds?: number): Promise<boolean>;
}

const ID = /^[A-Za-z0-9_-]{22,86}$/;

/** Flows over storage; an id that is none is absent without asking it. */
export function createFlows({ storage, config }: Pick<AuthorizePorts, 'storage' | 'config'>): Flows {
  return {
    createId: () => Buffer.concat([randomBytes(16), flowTraceSuffix()]).toString('base64url'),
    put: (flow) =>
      storage.putAuthorizationRequest(
        { id: flow.id, version: flow.version, payload: encodeFlow(flow) },
        config.expiry.authRequestsSeconds,
      ),
    async find(id) {
      if (!ID.test(id)) return { type: 'absent' };
      const state = await storage.getAuthorizationRequest(id);
      if (state.type !== 'pending') return state;
      const flow = decodeFlow(id, state.request.version, state.request.payload);
      return flow === undefined ? { type: 'absent' } : { type: 'pending', flow };
    },
    async authenticate(flow, authentication) {
      const next: Flow = { ...flow, authentication };
      const { id, version } = flow;
      const isUpdated = await storage.updateAuthorizationRequest({ id, version, payload: encodeFlow(next) });
      return isUpdated ? { ...next, version: version + 1 } : undefined;
    },
    complete: (flow, authorization, codeTtlSeconds = config.expiry.authCodesSeconds) =>
      storage.completeAuthorizationRequest({
        id: flow.id,
        version: flow.version,
        ...(authorization === undefined ? {} : { authorization }),
        codeTtlSeconds,
        attemptId: randomUUID(),
      }),
  };
}
