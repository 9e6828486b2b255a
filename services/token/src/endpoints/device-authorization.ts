import { createHash, randomBytes } from 'node:crypto';
import { addSeconds } from '@tessera/clock';
import { DEVICE_RANDOM_BYTES, deviceIdOf, mintDeviceCode } from '@tessera/credentials';
import { TesseraError } from '@tessera/errors';
import { type HttpHandler, invalid, jsonResponse } from '@tessera/http';
import {
  type AccessRequest,
  type Client,
  createUserCode,
  type DeviceRequestPayload,
  encodeDeviceRequest,
  isCodeChallenge,
  type Parameters,
  parseCodeChallengeMethod,
  sourceNetwork,
} from '@tessera/oauth';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import { unauthorizedClient } from '../grants/grant-handler.ts';
import { grantTypes } from '../grants/grant-types.ts';
import { type AccessDependencies, judgeAccess, readRequestedAccess } from '../grants/requested-access.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { readProtocolForm } from '../protocol/form.ts';
import { assertNotTooMany } from '../protocol/throttle.ts';

/** What the endpoint needs. */
export type DeviceAuthorizationDependencies = AccessDependencies &
  Pick<TokenServiceOptions, 'config' | 'clock' | 'logger' | 'storage' | 'codeSecrets'> & {
    readonly authenticate: AuthenticateClient;
  };

/** Least time between two polls, in seconds; the default of RFC 8628 §3.2. */
const INTERVAL_SECONDS = 5;
/** A user code that is taken is drawn again: of 20^8 it nearly never is. */
const MAX_DRAWS = 5;
const REQUESTS_PER_MINUTE = 120;

/**
 * The device authorization endpoint (RFC 8628 §3.1). The client is authenticated as at the token endpoint; without a scope
 * it asks for `openid`, as in Dex. A challenge may come along (RFC 7636), and binds the device code to its verifier.
 */
export function createDeviceAuthorizationEndpoint(dependencies: DeviceAuthorizationDependencies): HttpHandler {
  const { config, clock, storage, logger, authenticate } = dependencies;
  return async (request) => {
    const form = await readProtocolForm(request, ['resource']);
    const client = await authenticate(request, form, 'all');
    assertOffered(client, config.oauth2.grantTypes);
    const asked = readRequestedAccess(form);
    const access = judgeAccess(
      asked.scopes.length === 0 ? { ...asked, scopes: ['openid'] } : asked,
      client,
      dependencies,
    );
    const payload = payloadOf(access, form, client, dependencies);
    await assertNotTooMany(storage, {
      key: `device_authorization:${hashOf(client.id, sourceNetwork(request.remoteAddress))}`,
      limit: REQUESTS_PER_MINUTE,
      windowSeconds: 60,
    });
    const ttlSeconds = client.settings.deviceCodeLifetimeSeconds ?? config.expiry.deviceRequestsSeconds;
    const expiresAt = addSeconds(clock.now(), ttlSeconds);
    const { userCode, random } = await putRequest({ client, payload, ttlSeconds }, dependencies);
    logger.debug({ client_id: client.id }, 'device request begun');
    const verificationUri = `${config.issuer}/device`;
    return jsonResponse(200, {
      device_code: mintDeviceCode(dependencies.codeSecrets.ring(), { userCode, random, expiresAt }),
      user_code: userCode,
      verification_uri: verificationUri,
      verification_uri_complete: `${verificationUri}?user_code=${encodeURIComponent(userCode)}`,
      expires_in: ttlSeconds,
      interval: INTERVAL_SECONDS,
    });
  };
}

function assertOffered(client: Client, offered: readonly string[]): void {
  const own = client.settings.grantTypes;
  const isOffered =
    offered.includes(grantTypes.deviceCode) && (own === undefined || own.includes(grantTypes.deviceCode));
  if (!isOffered) throw unauthorizedClient();
}

function payloadOf(
  { scopes, resources }: AccessRequest,
  form: Parameters,
  { settings }: Client,
  { config }: DeviceAuthorizationDependencies,
): DeviceRequestPayload {
  const challenge = form.get('code_challenge');
  const named = form.get('code_challenge_method');
  if (challenge === undefined) {
    if (named !== undefined) throw invalid(400, 'The parameter code_challenge is missing.');
    return { scopes, resources };
  }
  const { codeChallengeMethodsSupported } = config.oauth2.pkce;
  const plain = settings.allowPlainPkce === true ? (['plain'] as const) : [];
  const method = parseCodeChallengeMethod(named, [...codeChallengeMethodsSupported, ...plain]);
  if (method === undefined)
    throw invalid(400, 'The code_challenge_method is not supported; a missing one means plain.');
  if (!isCodeChallenge(challenge, method)) throw invalid(400, 'The code_challenge is malformed.');
  return { scopes, resources, pkce: { challenge, method } };
}

async function putRequest(
  request: { readonly client: Client; readonly payload: DeviceRequestPayload; readonly ttlSeconds: number },
  { storage }: DeviceAuthorizationDependencies,
): Promise<{ readonly userCode: string; readonly random: Uint8Array }> {
  const random = randomBytes(DEVICE_RANDOM_BYTES);
  for (let draws = 0; draws < MAX_DRAWS; draws += 1) {
    const userCode = createUserCode();
    const isKept = await storage.putDeviceRequest({
      userCode,
      deviceId: deviceIdOf(userCode, random),
      clientId: request.client.id,
      payload: encodeDeviceRequest(request.payload),
      ttlSeconds: request.ttlSeconds,
      intervalSeconds: INTERVAL_SECONDS,
    });
    if (isKept) return { userCode, random };
  }
  throw new TesseraError({
    kind: 'resource_exhausted',
    code: 'token.user_codes_taken',
    message: 'every user code that was drawn is taken',
  });
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
