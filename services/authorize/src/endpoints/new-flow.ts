import type { ValidRequest } from '../authorization/request.ts';
import type { Flow } from '../flow/flow.ts';
import { findLocale } from '../locales/choose-locale.ts';
import type { EndpointContext } from './context.ts';

/** A flow of a request that nobody signed in to yet. */
export function newFlow(
  { flows }: Pick<EndpointContext, 'flows'>,
  valid: ValidRequest,
  begun: Pick<Flow, 'connectorId' | 'browser' | 'restart' | 'staysSignedIn'>,
): Flow {
  const locale = findLocale(valid.uiLocales);
  return {
    ...begun,
    id: flows.createId(),
    version: 1,
    clientId: valid.client.id,
    redirectUri: valid.redirectUri,
    isRedirectUriImplied: valid.isRedirectUriImplied,
    responseType: valid.responseType,
    responseMode: valid.responseMode,
    ...(valid.state === undefined ? {} : { state: valid.state }),
    ...(valid.nonce === undefined ? {} : { nonce: valid.nonce }),
    scopes: valid.scopes,
    resources: valid.resources,
    ...(valid.claims === undefined ? {} : { claims: valid.claims }),
    ...(valid.pkce === undefined ? {} : { pkce: valid.pkce }),
    acrValues: valid.acrValues,
    ...(valid.idTokenHint === undefined ? {} : { idTokenHint: valid.idTokenHint }),
    ...(valid.deviceUserCode === undefined ? {} : { deviceUserCode: valid.deviceUserCode }),
    forcesApproval: valid.forcesApproval,
    ...(valid.loginHint === undefined ? {} : { loginHint: valid.loginHint }),
    ...(locale === undefined ? {} : { locale }),
    connectorData: new Uint8Array(),
  };
}
