import {
  type FrontChannelOutcome,
  type FrontChannelTokens as FrontChannelTokensMessage,
  type FrontChannelTokensToIssue as FrontChannelTokensToIssueMessage,
  TokenServiceService,
} from '@tessera/proto/tessera/token/v1/token';
import {
  bindRpc,
  createBatcher,
  createRpcClient,
  type Outcome,
  type RpcBinding,
  type RpcChannel,
  succeeded,
} from '@tessera/rpc';
import { errorCase, failedFromWire, missingOutcome, optionalText, required, sendReadable } from '../outcome-wire.ts';
import { authorizationFromWire, authorizationToWire } from '../storage/records-wire.ts';
import type { FrontChannelTokens, FrontChannelTokensToIssue, TokenApi, TokenIssuer } from './token.ts';

function requestToWire(request: FrontChannelTokensToIssue): FrontChannelTokensToIssueMessage {
  return {
    ...request,
    authorization: authorizationToWire(request.authorization),
    code: request.code ?? '',
    state: request.state ?? '',
  };
}

function requestFromWire(message: FrontChannelTokensToIssueMessage): FrontChannelTokensToIssue {
  const { authorization, code, state, ...rest } = message;
  return {
    ...rest,
    authorization: authorizationFromWire(required(authorization, 'authorization')),
    ...optionalText('code', code),
    ...optionalText('state', state),
  };
}

function tokensToWire(tokens: FrontChannelTokens): FrontChannelTokensMessage {
  return {
    accessToken: tokens.accessToken ?? '',
    expiresInSeconds: tokens.expiresInSeconds,
    idToken: tokens.idToken ?? '',
    scopes: [...tokens.scopes],
  };
}

function tokensFromWire({ accessToken, idToken, ...rest }: FrontChannelTokensMessage): FrontChannelTokens {
  return { ...rest, ...optionalText('accessToken', accessToken), ...optionalText('idToken', idToken) };
}

function outcomeFromWire({ outcome }: FrontChannelOutcome): Outcome<FrontChannelTokens> {
  switch (outcome?.$case) {
    case 'tokens':
      return succeeded(tokensFromWire(outcome.value));
    case 'error':
      return failedFromWire(outcome.value);
    case undefined:
      return missingOutcome();
  }
}

/** The token service of another process. */
export function tokenClient(channel: RpcChannel, deadlineMs: number): TokenApi {
  const client = createRpcClient({
    definition: TokenServiceService,
    channel,
    idempotent: ['issueFrontChannelTokens'],
    deadlineMs,
  });
  return {
    async issueFrontChannelTokens(requests) {
      const response = await client.issueFrontChannelTokens({ requests: requests.map(requestToWire) });
      return response.outcomes.map(outcomeFromWire);
    },
  };
}

/** Offers a token implementation to the service that answers at the authorization endpoint. */
export function tokenBinding(api: TokenApi): RpcBinding {
  return bindRpc({
    definition: TokenServiceService,
    allowedCallers: ['authorize'],
    methodCallers: {},
    methods: {
      async issueFrontChannelTokens({ requests }) {
        const outcomes = await sendReadable(requests, requestFromWire, (read) => api.issueFrontChannelTokens(read));
        return {
          outcomes: outcomes.map((outcome) => ({
            outcome: outcome.ok
              ? { $case: 'tokens' as const, value: tokensToWire(outcome.value) }
              : errorCase(outcome.error),
          })),
        };
      },
    },
  });
}

/** Single calls over a token API near or far, joined into batches. */
export function createTokenIssuerClient(api: TokenApi): TokenIssuer {
  return {
    issueFrontChannelTokens: createBatcher({
      name: 'token.issueFrontChannelTokens',
      send: (requests) => api.issueFrontChannelTokens(requests),
    }),
  };
}
