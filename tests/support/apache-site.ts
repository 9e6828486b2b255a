import { type ApacheRelyingParty, startApacheRelyingParty } from '@tessera/testkit';
import { inject } from 'vitest';
import { APACHE_BACK, APACHE_CALLBACK_PATH, APACHE_FRONT } from './relying-parties.ts';

/** Apache as an application of the system under test. */
export interface ApacheSite {
  readonly id: string;
  readonly secret: string;
  readonly port: number;
  /** Open to all; people who sign out end there. */
  readonly home: string;
  /** For people who signed in. */
  readonly protectedPage: string;
  /** The redirect URI, which `mod_auth_openidc` uses for everything else too. */
  readonly callback: string;
}

const { front, back } = inject('system').apachePorts;

/** Told of sign-outs in the browser. */
export const FRONT_SITE: ApacheSite = site(APACHE_FRONT, front);
/** Told of sign-outs by a request. */
export const BACK_SITE: ApacheSite = site(APACHE_BACK, back);

/** Starts Apache as one of the two, with further directives of `mod_auth_openidc`. */
export function startSite(
  issuer: string,
  { id, secret, port, callback }: ApacheSite,
  ...further: readonly string[]
): Promise<ApacheRelyingParty> {
  return startApacheRelyingParty({
    port,
    directives: [
      `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration`,
      `OIDCClientID ${id}`,
      `OIDCClientSecret ${secret}`,
      `OIDCRedirectURI ${callback}`,
      'OIDCCryptoPassphrase passphrase-of-the-tests-0123456789',
      // Cookies know no ports (RFC 6265 §8.5), and both sites are 127.0.0.1.
      `OIDCCookie session_${id}`,
      `OIDCStateCookiePrefix state_${id}_`,
      'OIDCScope "openid profile email offline_access"',
      // Also for a browser that sends no Sec-Fetch-Mode, or not that of one.
      'OIDCUnAuthAction auth true',
      'OIDCAuthRequestParams connector_id=local',
      'OIDCInfoHook access_token refresh_token session',
      ...further,
    ],
  });
}

function site(client: { readonly id: string; readonly secret: string }, port: number): ApacheSite {
  const home = `http://127.0.0.1:${port}/`;
  const protectedPage = `${home}protected/`;
  return { ...client, port, home, protectedPage, callback: new URL(APACHE_CALLBACK_PATH, home).href };
}
