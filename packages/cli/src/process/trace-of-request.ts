import { peekFlowId } from '@tessera/credentials';
import type { RouteName, TraceparentOf } from '@tessera/http';
import { traceparentOfFlow } from '@tessera/telemetry';

/** Parameters that name the sign-in a request belongs to, by route. */
const flowParameters: Readonly<Partial<Record<RouteName, 'state' | 'req' | 'code'>>> = {
  passwordLogin: 'state',
  callback: 'state',
  connectorCallback: 'state',
  approval: 'req',
  token: 'code',
};

/**
 * The trace a request continues: the identifier of a sign-in carries the trace of its first request, so the steps at the
 * pages and the redemption of the code, which come from different sides, join one tree. Undefined for everything else.
 */
export const traceparentOfRequest: TraceparentOf = (route, { query, form }) => {
  const name = flowParameters[route];
  if (name === undefined) return undefined;
  const value = form?.get(name) ?? new URLSearchParams(query).get(name) ?? undefined;
  if (value === undefined) return undefined;
  const flowId = name === 'code' ? peekFlowId(value) : Buffer.from(value, 'base64url');
  return flowId === undefined ? undefined : traceparentOfFlow(flowId);
};
