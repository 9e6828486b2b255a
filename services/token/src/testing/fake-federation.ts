import {
  type Authentication,
  type ExchangeTokenRequest,
  type Federation,
  federationErrors,
  type LoginRequest,
  type RefreshRequest,
} from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { Identity } from '@tessera/oauth';

type TokenFederation = Pick<Federation, 'refresh' | 'login' | 'exchangeToken'>;

/** The federation service: every function may be replaced by a test. */
export interface FakeFederation extends TokenFederation {
  /** Every refresh. */
  readonly calls: RefreshRequest[];
  readonly logins: LoginRequest[];
  readonly exchanges: ExchangeTokenRequest[];
  /** What the service is given: whatever the functions are at the time. */
  readonly api: TokenFederation;
}

/** The one password that is right. */
export const PASSWORD = 'correct horse battery staple';
/** The one token of the upstream that is good. */
export const UPSTREAM_TOKEN = 'upstream-token';

/**
 * By default a refresh answers with a new display name and another user id, which must not win; {@link PASSWORD} and
 * {@link UPSTREAM_TOKEN} are Jane's.
 */
export function createFakeFederation(): FakeFederation {
  const federation: FakeFederation = {
    calls: [],
    logins: [],
    exchanges: [],
    async refresh(request) {
      federation.calls.push(request);
      const identity = { ...request.identity, userId: 'renamed-upstream', username: 'Jane Smith' };
      return { identity, connectorData: new Uint8Array([9]) };
    },
    async login(request) {
      federation.logins.push(request);
      return authenticated(request.password === PASSWORD);
    },
    async exchangeToken(request) {
      federation.exchanges.push(request);
      return authenticated(request.token === UPSTREAM_TOKEN);
    },
    api: {
      refresh: (request) => federation.refresh(request),
      login: (request) => federation.login(request),
      exchangeToken: (request) => federation.exchangeToken(request),
    },
  };
  return federation;
}

/** An error of the federation service. */
export function federationError(kind: TesseraError['kind'], code: string, retryAfterSeconds?: number): TesseraError {
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new TesseraError({ kind, code, message: 'said by the upstream', ...wait });
}

const jane: Identity = {
  userId: 'jane-1',
  username: 'Jane Doe',
  preferredUsername: 'jane',
  email: 'jane@example.com',
  emailVerified: true,
  groups: ['staff'],
  claims: {},
};

function authenticated(isRight: boolean): Authentication {
  if (!isRight) throw federationError('unauthenticated', federationErrors.invalidCredentials);
  return { identity: jane, connectorData: new Uint8Array([7]) };
}
