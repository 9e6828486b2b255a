import { randomUUID } from 'node:crypto';
import { createUserAgent, type UserAgent } from '@tessera/testkit';
import { agreeForDevice } from './device-pages.ts';
import { signAssertion, WORKLOADS } from './grant-clients.ts';
import { type ClientCredentials, codeOf, type JsonAnswer, post, redeem, signIn } from './sign-in.ts';
import { ADMIN, CALLBACK } from './system-config.ts';

/** The grants of the token endpoint, by the ends of their names. */
export type GrantName =
  | 'authorization_code'
  | 'refresh_token'
  | 'client_credentials'
  | 'password'
  | 'device_code'
  | 'token-exchange'
  | 'jwt-bearer';

/** Parameters of a token request. */
export type Form = Readonly<Record<string, string>>;

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SCOPE = 'openid email offline_access';

/** Makes token requests with nothing wrong. The local person signs in once for each client. */
export interface GrantRequests {
  /** One for a client, with a credential of its own; that of a device waits for `agree`. */
  form(grant: GrantName, client: ClientCredentials): Promise<Form>;
  /** The person lets the device in that asked last. */
  agree(): Promise<void>;
}

/** {@link GrantRequests} at an issuer. */
export function createGrantRequests(issuer: string): GrantRequests {
  const agents = new Map<string, UserAgent>();
  let device: JsonAnswer['body'] = {};
  const code = async ({ id }: ClientCredentials): Promise<string> => {
    const known = agents.get(id);
    const agent = known ?? createUserAgent({ stopAt: CALLBACK });
    agents.set(id, agent);
    const parameters = known === undefined ? {} : { prompt: 'none' };
    return codeOf(await signIn({ issuer, agent, clientId: id, scope: SCOPE, parameters }));
  };
  const token = async (client: ClientCredentials, name: string): Promise<string> => {
    const { status, body } = await redeem(issuer, await code(client), {}, client);
    if (status !== 200) throw new Error(`the code of ${client.id} was not redeemed: ${JSON.stringify(body)}`);
    return String(body[name]);
  };
  const parameters: Readonly<Record<GrantName, (client: ClientCredentials) => Promise<Form>>> = {
    authorization_code: async (client) => ({ code: await code(client), redirect_uri: CALLBACK }),
    refresh_token: async (client) => ({ refresh_token: await token(client, 'refresh_token') }),
    client_credentials: async () => ({}),
    password: async () => ({ username: ADMIN.login, password: ADMIN.password, scope: 'openid' }),
    device_code: async (client) => {
      device = (await post(`${issuer}/device/code`, { scope: 'openid' }, client)).body;
      return { device_code: String(device['device_code']) };
    },
    'token-exchange': async (client) => ({
      subject_token: await token(client, 'access_token'),
      subject_token_type: ACCESS_TOKEN,
    }),
    'jwt-bearer': async () => ({ assertion: await signAssertion(assertionClaims(issuer)), scope: 'openid' }),
  };
  return {
    form: async (grant, client) => ({ grant_type: grantTypeOf(grant), ...(await parameters[grant](client)) }),
    async agree() {
      const agent = createUserAgent({ stopAt: CALLBACK });
      await agreeForDevice(agent, `${issuer}/device`, String(device['user_code']));
    },
  };
}

const EXTENSIONS: readonly GrantName[] = ['device_code', 'token-exchange', 'jwt-bearer'];

/** The value of `grant_type`: a word of RFC 6749, or the URI of an extension (RFC 6749 §4.5). */
function grantTypeOf(grant: GrantName): string {
  return EXTENSIONS.includes(grant) ? `urn:ietf:params:oauth:grant-type:${grant}` : grant;
}

/** Claims of an assertion that is good for a minute and for one use. */
export function assertionClaims(issuer: string): Readonly<Record<string, unknown>> {
  const exp = Math.floor(Date.now() / 1000) + 60;
  return { iss: WORKLOADS, sub: 'job-7', aud: issuer, exp, jti: randomUUID() };
}
