import type { ConnectorDescription } from '@tessera/contracts';
import type { HttpRequest, HttpResponse } from '@tessera/http';
import { connectorsFor } from '../authorization/connectors.ts';
import { verificationHref } from '../device/device-steps.ts';
import type { DeviceAuthorizationRequest } from '../device/open-device-request.ts';
import { pageResponse, repeatableBy } from '../site.ts';
import { beginSignIn } from './connector-login.ts';
import type { EndpointContext } from './context.ts';
import { methodRefusal } from './method-refusal.ts';
import { signOn } from './single-sign-on.ts';
import { stayLink } from './stay-signed-in.ts';

/**
 * Lets a person sign in for a device, by the engine of the authorization endpoint (N68): in a session that is good for it they are
 * asked at once, else they choose how to sign in, or have chosen by `connector`, or there is nothing to choose.
 */
export async function deviceSignIn(
  context: EndpointContext,
  request: HttpRequest,
  valid: DeviceAuthorizationRequest,
): Promise<HttpResponse> {
  const { client, restart } = valid;
  const connectors = connectorsFor(context, client, valid);
  const connectorId = request.query().get('connector');
  if (connectorId !== undefined) {
    const named = connectors.find(({ id }) => id === connectorId);
    return named === undefined
      ? methodRefusal(context, request, 'not-available', restart, { client, redirectUri: '' })
      : beginSignIn(context, request, valid, named);
  }
  const signedOn = await signOn(context, request, valid);
  if (signedOn !== undefined) return signedOn;
  const [only, ...others] = connectors;
  return only !== undefined && others.length === 0 && !context.config.oauth2.alwaysShowLoginScreen
    ? beginSignIn(context, request, valid, only)
    : choice(context, request, valid, connectors);
}

/** The ways to sign in to choose from; with none, the page says so and whom to ask. */
function choice(
  context: EndpointContext,
  request: HttpRequest,
  { client, restart }: DeviceAuthorizationRequest,
  connectors: readonly ConnectorDescription[],
): HttpResponse {
  if (connectors.length === 0) context.logger.warn({ client_id: client.id }, 'no way to sign in at this client');
  const [path = '', own = ''] = restart.split('?');
  const stay = new URLSearchParams(request.queryString).get('remember_me');
  const href = (id: string): string => {
    const query = new URLSearchParams(own);
    query.set('connector', id);
    if (stay !== null) query.set('remember_me', stay);
    return `${path}?${query.toString()}`;
  };
  // The parameters are written anew: an address of ours holds nothing that came from outside.
  const repeatable = repeatableBy(request, path, own);
  const page = context.views.connectors({
    ...context.site.pageModel(request, { client, redirectUri: '' }),
    methods: connectors.map(({ id, name, type }) => ({ id, name, type, href: href(id) })),
    cancelAction: `${verificationHref(context)}?${own}`,
    staySignedIn: stayLink(context, request, { path, queryString: repeatable.queryString }),
  });
  return pageResponse(connectors.length === 0 ? 400 : 200, page, context.site, request);
}
