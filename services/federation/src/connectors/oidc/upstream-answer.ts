import type { EgressClient, EgressRequest, EgressResponse } from '@tessera/egress';
import { parseJsonObject } from '@tessera/egress';
import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';

/** A JSON object and the status it came with. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Asks the upstream for a JSON object. `what` names the endpoint in errors. Throws `upstreamUnavailable` when it does not
 * answer or answers 429 or 5xx, `federation.upstream_misconfigured` for a redirect and for anything that is no JSON object.
 */
export async function askUpstream(client: EgressClient, request: EgressRequest, what: string): Promise<UpstreamAnswer> {
  const response = await sendToUpstream(client, request, what);
  const body = readJsonBody(response);
  if (body === undefined) {
    const { host } = new URL(request.url);
    throw upstreamMisconfigured(`the ${what} at ${host} answers ${response.status} without a JSON object`);
  }
  return { status: response.status, body };
}

/** Sends to the upstream, whatever it answers; throws `upstreamUnavailable` as {@link askUpstream} does. */
export async function sendToUpstream(
  client: EgressClient,
  request: EgressRequest,
  what: string,
): Promise<EgressResponse> {
  const { host } = new URL(request.url);
  const response = await client.send(request).catch((error: unknown): never => {
    throw signInError('upstreamUnavailable', `the ${what} at ${host} does not answer`, error);
  });
  if (response.status >= 500 || response.status === 429) {
    throw signInError('upstreamUnavailable', `the ${what} at ${host} answers ${response.status}`);
  }
  return response;
}

/** As {@link askUpstream}, for answers that must be 200. */
export async function askUpstreamFor200(client: EgressClient, request: EgressRequest, what: string) {
  const { status, body } = await askUpstream(client, request, what);
  if (status !== 200) {
    throw upstreamMisconfigured(`the ${what} at ${new URL(request.url).host} answers ${status}`);
  }
  return body;
}

/** The JSON object of an answer; undefined when it has none, and for a redirect. */
export function readJsonBody(response: EgressResponse): Readonly<Record<string, unknown>> | undefined {
  const isRedirect = response.status >= 300 && response.status < 400;
  return isRedirect ? undefined : parseJsonObject(response.text);
}
