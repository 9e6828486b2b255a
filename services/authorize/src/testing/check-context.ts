import { createClientKeys } from '@tessera/client-keys';
import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { ConnectorDescription } from '@tessera/contracts';
import { type EgressClient, EgressError, type EgressResponse } from '@tessera/egress';
import { type Client, createResourceModel, NO_RESOURCES, type Resources, type VerificationKey } from '@tessera/oauth';
import { createLogger } from '@tessera/telemetry';
import type { CheckContext } from '../authorization/checks-table.ts';

/** Every response type of OAuth 2.0 Multiple Response Types. */
export const RESPONSE_TYPES: readonly string[] = [
  'code',
  'token',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
];

/** What a test decides about the surroundings of the checks; what is left out is switched on, and empty. */
export interface CheckContextOptions {
  readonly clients: readonly Client[];
  readonly connectors?: readonly ConnectorDescription[];
  readonly oauth2?: Partial<CheckContext['config']['oauth2']>;
  readonly resources?: Resources;
  /** Our own public keys. */
  readonly keys?: readonly VerificationKey[];
  /** What is served outside, by address. */
  readonly served?: Readonly<Record<string, EgressResponse>>;
}

/** The surroundings of the checks, with what was asked for outside. */
export interface TestCheckContext extends CheckContext {
  readonly clock: FakeClock;
  readonly fetched: string[];
  readonly logs: string[];
}

/** The checks' surroundings over fakes; client keys are the real ones, over the fake outside. */
export function createCheckContext(options: CheckContextOptions): TestCheckContext {
  const clock = createFakeClock();
  const fetched: string[] = [];
  const logs: string[] = [];
  const stream = { write: (line: string) => void logs.push(line) };
  const logger = createLogger({ service: 'authorize', level: 'debug', format: 'json', stream });
  const egress: EgressClient = {
    async send({ url }) {
      fetched.push(url);
      const answer = options.served?.[url];
      if (answer === undefined) throw new EgressError('unreachable', 'nothing there');
      return answer;
    },
    close: async () => undefined,
  };
  const { connectors = [], keys = [] } = options;
  return {
    fetched,
    logs,
    clock,
    logger,
    egress,
    config: configOf(options.oauth2),
    resourceModel: createResourceModel(options.resources ?? NO_RESOURCES),
    clientKeys: createClientKeys({ egress, clock, logger }),
    verificationKeys: {
      find: async (kid) => keys.find((key) => key.kid === kid),
      ready: async () => undefined,
      close: () => undefined,
    },
    clients: {
      find: (id) => options.clients.find((client) => client.id === id),
      corsOrigins: () => new Set(),
      ready: async () => undefined,
      close: () => undefined,
    },
    connectors: {
      find: (id) => connectors.find((connector) => connector.id === id),
      list: () => connectors,
      ready: async () => undefined,
      close: () => undefined,
    },
  };
}

function configOf(oauth2: CheckContextOptions['oauth2']): CheckContext['config'] {
  return {
    issuer: 'https://id.example.com/dex',
    frontend: { issuer: 'Example ID', theme: 'auto', extra: {} },
    sessions: {
      enabled: true,
      cookieName: 'tessera_session',
      absoluteLifetimeSeconds: 86_400,
      validIfNotUsedForSeconds: 3_600,
      rememberMeCheckedByDefault: true,
      ssoSharedWithDefault: 'none',
    },
    oauth2: {
      grantTypes: ['authorization_code', 'implicit', 'refresh_token'],
      responseTypes: RESPONSE_TYPES,
      responseModes: ['query', 'fragment', 'form_post'],
      requestObjects: { byValue: true, byReference: true },
      skipApprovalScreen: false,
      alwaysShowLoginScreen: false,
      consentLifetimeSeconds: 0,
      trustedIssuers: [],
      pkce: { enforce: false, codeChallengeMethodsSupported: ['S256'] },
      ...oauth2,
    },
    expiry: {
      signingKeysSeconds: 21_600,
      masterSecretsSeconds: 7_776_000,
      idTokensSeconds: 3_600,
      accessTokensSeconds: 3_600,
      authCodesSeconds: 60,
      authRequestsSeconds: 600,
      deviceRequestsSeconds: 300,
      refreshTokens: {
        disableRotation: false,
        reuseIntervalSeconds: 3,
        validIfNotUsedForSeconds: 0,
        absoluteLifetimeSeconds: 0,
      },
    },
  };
}

/** What became of a request: what it was taken for, or how it was refused. */
export async function outcomeOf<T>(work: Promise<T>): Promise<T | Error> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw thrown;
  }
}
