import {
  type Authentication,
  type BeginCallbackRequest,
  type BeginLogoutRequest,
  type CompleteCallbackRequest,
  federationErrors,
  type LoginRequest,
  type RefreshRequest,
} from '@tessera/contracts';
import { type ErrorKind, TesseraError } from '@tessera/errors';
import type { Identity } from '@tessera/oauth';
import type { AuthorizePorts } from '../ports.ts';

/** The password that {@link FakeFederation} takes from everybody. */
export const RIGHT_PASSWORD = 'canary-password-5b21';
/** Where the fake upstream asks people in. */
export const UPSTREAM = 'https://upstream.example.com/authorize';
/** Where the fake upstream signs people out. */
export const UPSTREAM_LOGOUT = 'https://upstream.example.com/logout';

/** Sign-in by one password for all, and by an upstream that is only an address. */
export interface FakeFederation {
  readonly port: AuthorizePorts['federation'];
  readonly logins: LoginRequest[];
  readonly begun: BeginCallbackRequest[];
  readonly completed: CompleteCallbackRequest[];
  readonly refreshed: RefreshRequest[];
  readonly logouts: BeginLogoutRequest[];
  /** Thrown by every call while it is set. */
  failure: TesseraError | undefined;
  /** Changes of the identity it tells. */
  identity: Partial<Identity>;
}

/** An error as the federation service throws it. */
export function federationError(kind: ErrorKind, code: string, retryAfterSeconds?: number): TesseraError {
  return new TesseraError({
    kind,
    code,
    message: 'as the operator reads it',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** A federation service that knows everybody. */
export function createFakeFederation(): FakeFederation {
  const authentication = (name: string): Authentication => ({
    identity: {
      userId: `id-of-${name}`,
      username: name,
      preferredUsername: name,
      email: `${name}@people.example.com`,
      emailVerified: true,
      groups: ['staff'],
      claims: {},
      ...fake.identity,
    },
    connectorData: Buffer.from(`data of ${name}`),
  });
  const fake: FakeFederation = {
    logins: [],
    begun: [],
    completed: [],
    refreshed: [],
    logouts: [],
    failure: undefined,
    identity: {},
    port: {
      async login(request) {
        fake.logins.push(request);
        if (fake.failure !== undefined) throw fake.failure;
        if (request.password !== RIGHT_PASSWORD) {
          throw federationError('unauthenticated', federationErrors.invalidCredentials);
        }
        return authentication(request.username);
      },
      async beginCallback(request) {
        fake.begun.push(request);
        if (fake.failure !== undefined) throw fake.failure;
        return {
          redirectUrl: `${UPSTREAM}?${new URLSearchParams({ state: request.state }).toString()}`,
          connectorData: Buffer.from(`begun ${request.state}`),
        };
      },
      async completeCallback(request) {
        fake.completed.push(request);
        if (fake.failure !== undefined) throw fake.failure;
        return authentication(new URLSearchParams(request.parameters).get('code') ?? 'nobody');
      },
      async refresh(request) {
        fake.refreshed.push(request);
        if (fake.failure !== undefined) throw fake.failure;
        return { identity: { ...request.identity, ...fake.identity }, connectorData: request.connectorData };
      },
      async beginLogout(request) {
        fake.logouts.push(request);
        if (fake.failure !== undefined) throw fake.failure;
        return `${UPSTREAM_LOGOUT}?${new URLSearchParams({ state: request.state }).toString()}`;
      },
    },
  };
  return fake;
}
