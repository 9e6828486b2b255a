import { TesseraError } from '@tessera/errors';
import {
  KeysServiceService,
  SecretPurpose as SecretPurposeMessage,
  type SignOutcome,
  type TokenToSign as TokenToSignMessage,
  TokenType as TokenTypeMessage,
} from '@tessera/proto/tessera/keys/v1/keys';
import {
  bindRpc,
  createBatcher,
  createRpcClient,
  errorToWire,
  type Outcome,
  type RpcBinding,
  type RpcChannel,
  succeeded,
} from '@tessera/rpc';
import { currentContext } from '@tessera/telemetry';
import { enumFromWire } from '../enum-wire.ts';
import { failedFromWire, missingOutcome, optional, optionalText, required, sendReadable } from '../outcome-wire.ts';
import type { Keys, KeysApi, PublicJwk, SecretPurpose, TokenToSign, TokenType } from './keys.ts';

const typeToWire: Readonly<Record<TokenType, TokenTypeMessage>> = {
  access_token: TokenTypeMessage.ACCESS_TOKEN,
  id_token: TokenTypeMessage.ID_TOKEN,
  logout_token: TokenTypeMessage.LOGOUT_TOKEN,
  userinfo: TokenTypeMessage.USERINFO,
  introspection: TokenTypeMessage.INTROSPECTION,
};

/** Who may have which tokens signed. */
const typesOfCallers: Readonly<Record<string, readonly TokenType[]>> = {
  token: ['access_token', 'id_token', 'userinfo', 'introspection'],
  authorize: ['logout_token'],
};

const purposeToWire: Readonly<Record<SecretPurpose, SecretPurposeMessage>> = {
  refresh_token: SecretPurposeMessage.REFRESH_TOKEN,
  access_token: SecretPurposeMessage.ACCESS_TOKEN,
  authorization_code: SecretPurposeMessage.AUTHORIZATION_CODE,
  browser: SecretPurposeMessage.BROWSER,
  connector_data: SecretPurposeMessage.CONNECTOR_DATA,
};

function tokenToWire(token: TokenToSign): TokenToSignMessage {
  return {
    type: typeToWire[token.type],
    claimsJson: JSON.stringify(token.claims),
    algorithm: token.algorithm ?? '',
    atHashOf: token.atHashOf === undefined ? 0 : token.atHashOf + 1,
    cHashOver: token.cHashOver ?? '',
    atHashOver: token.atHashOver ?? '',
    sHashOver: token.sHashOver ?? '',
  };
}

function tokenFromWire(message: TokenToSignMessage): TokenToSign {
  return {
    type: required(enumFromWire(typeToWire, message.type), 'type'),
    claims: JSON.parse(message.claimsJson) as Record<string, unknown>,
    ...optionalText('algorithm', message.algorithm),
    ...optional('atHashOf', message.atHashOf === 0 ? undefined : message.atHashOf - 1),
    ...optionalText('cHashOver', message.cHashOver),
    ...optionalText('atHashOver', message.atHashOver),
    ...optionalText('sHashOver', message.sHashOver),
  };
}

function signOutcome(message: SignOutcome): Outcome<readonly string[]> {
  switch (message.outcome?.$case) {
    case 'signed':
      return succeeded(message.outcome.value.tokens);
    case 'error':
      return failedFromWire(message.outcome.value);
    case undefined:
      return missingOutcome();
  }
}

/** The keys service of another process. */
export function keysClient(channel: RpcChannel, deadlineMs: number): KeysApi {
  const client = createRpcClient({
    definition: KeysServiceService,
    channel,
    idempotent: ['sign', 'getPublicKeys', 'getSecrets'],
    deadlineMs,
  });
  return {
    async sign(bundles) {
      const response = await client.sign({ bundles: bundles.map((tokens) => ({ tokens: tokens.map(tokenToWire) })) });
      return response.outcomes.map(signOutcome);
    },
    async getPublicKeys(knownVersion) {
      const response = await client.getPublicKeys({ knownVersion: knownVersion ?? '' });
      return { version: response.version, keys: response.jwksJson.map((text) => JSON.parse(text) as PublicJwk) };
    },
    async getSecrets(purpose) {
      const { versions, currentVersion, refreshAt } = await client.getSecrets({ purpose: purposeToWire[purpose] });
      return { versions, currentVersion, refreshAt: required(refreshAt, 'refresh_at') };
    },
  };
}

/** Who may have the symmetric keys of a purpose: who makes such credentials and who checks them. */
const secretHolders: Readonly<Record<SecretPurpose, readonly string[]>> = {
  refresh_token: ['token'],
  access_token: ['token'],
  authorization_code: ['authorize', 'token'],
  browser: ['authorize'],
  connector_data: ['federation'],
};

function assertSigner(token: TokenToSign): TokenToSign {
  if (typesOfCallers[currentContext()?.caller ?? '']?.includes(token.type) === true) return token;
  throw new TesseraError({
    kind: 'permission_denied',
    code: 'keys.token_type_not_yours',
    message: `the caller may not have a ${token.type} signed`,
  });
}

function assertHolder(purpose: SecretPurpose): void {
  if (secretHolders[purpose].includes(currentContext()?.caller ?? '')) return;
  throw new TesseraError({
    kind: 'permission_denied',
    code: 'keys.secret_not_yours',
    message: `the caller may not have the keys of ${purpose}`,
  });
}

/**
 * Offers a keys implementation to the other services: signatures to who decides what a token says, and to each caller
 * only the symmetric keys that are its own (N93).
 */
export function keysBinding(api: KeysApi): RpcBinding {
  return bindRpc({
    definition: KeysServiceService,
    allowedCallers: ['authorize', 'token', 'federation'],
    methodCallers: { sign: ['authorize', 'token'], getPublicKeys: ['authorize', 'token'] },
    methods: {
      async sign(request) {
        const outcomes = await sendReadable(
          request.bundles,
          (bundle) => bundle.tokens.map(tokenFromWire).map(assertSigner),
          (bundles) => api.sign(bundles),
        );
        return {
          outcomes: outcomes.map((outcome) => ({
            outcome: outcome.ok
              ? { $case: 'signed' as const, value: { tokens: [...outcome.value] } }
              : { $case: 'error' as const, value: errorToWire(outcome.error) },
          })),
        };
      },
      async getPublicKeys(request) {
        const { version, keys } = await api.getPublicKeys(
          request.knownVersion === '' ? undefined : request.knownVersion,
        );
        return { version, jwksJson: keys.map((key) => JSON.stringify(key)) };
      },
      async getSecrets(request) {
        const purpose = required(enumFromWire(purposeToWire, request.purpose), 'purpose');
        assertHolder(purpose);
        const { versions, currentVersion, refreshAt } = await api.getSecrets(purpose);
        return {
          versions: versions.map(({ version, key }) => ({ version, key: Buffer.from(key) })),
          currentVersion,
          refreshAt,
        };
      },
    },
  });
}

/** Single calls over a keys API near or far, joined into batches. */
export function createKeys(api: KeysApi): Keys {
  return {
    sign: createBatcher({ name: 'keys.sign', send: (bundles) => api.sign(bundles) }),
    getPublicKeys: (knownVersion) => api.getPublicKeys(knownVersion),
    getSecrets: (purpose) => api.getSecrets(purpose),
  };
}
