import type { Keys, TokenToSign } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import {
  type Client,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  isHmacSecretLongEnough,
  leftHalfHash,
  signHmacJws,
} from '@tessera/oauth';
import { currentContext, type Logger } from '@tessera/telemetry';
import { signedShort } from './sign-one.ts';

/** The access token of an answer: one to sign, or one that is there already. */
export type AccessTokenToGive =
  | { readonly type: 'jwt'; readonly claims: Readonly<Record<string, unknown>>; readonly algorithm: string | undefined }
  | { readonly type: 'reference'; readonly token: string };

/** An ID token of an answer. */
export interface IdTokenToGive {
  readonly claims: Readonly<Record<string, unknown>>;
  /** Makes `c_hash`. */
  readonly code?: string | undefined;
  /** Makes `s_hash`. */
  readonly state?: string | undefined;
}

/** The tokens of one answer. */
export interface Bundle {
  readonly client: Client;
  readonly access?: AccessTokenToGive | undefined;
  /** Gets `at_hash` over the access token, if there is one (OIDC Core §3.1.3.6). */
  readonly idToken?: IdTokenToGive | undefined;
}

/** What was asked for, in compact serialization. */
export interface SignedBundle {
  readonly accessToken?: string;
  readonly idToken?: string;
}

/** What signing needs. */
export interface BundleSignerDependencies {
  readonly keys: Pick<Keys, 'sign'>;
  readonly logger: Logger;
}

/**
 * Signs the tokens of an answer by one call of the keys service at most. ID tokens of clients with an HMAC algorithm are made
 * here, as their key is the client's secret (OIDC Core §10.1). Rejects with the TesseraError of the signer, and with
 * `internal` for a client whose registration asks for an HMAC it cannot have.
 */
export type SignBundle = (bundle: Bundle) => Promise<SignedBundle>;

/** Makes {@link SignBundle}. */
export function createBundleSigner({ keys, logger }: BundleSignerDependencies): SignBundle {
  return async ({ client, access, idToken }) => {
    const hmac = idToken && hmacKeyOf(client, logger);
    const bundle: TokenToSign[] = [];
    if (access?.type === 'jwt') bundle.push(accessToSign(access));
    if (idToken !== undefined && hmac === undefined) bundle.push(idToSign(client, access, idToken));
    const signed = bundle.length === 0 ? [] : await signPatiently(keys, bundle);
    if (signed.length < bundle.length) throw signedShort();
    const accessToken = access?.type === 'reference' ? access.token : access && signed[0];
    const idJwt = idToken && (hmac === undefined ? signed.at(-1) : signWithSecret(hmac, accessToken, idToken));
    return { ...(accessToken !== undefined && { accessToken }), ...(idJwt !== undefined && { idToken: idJwt }) };
  };
}

function accessToSign({ claims, algorithm }: Extract<AccessTokenToGive, { type: 'jwt' }>): TokenToSign {
  return { type: 'access_token', claims, ...(algorithm !== undefined && { algorithm }) };
}

function idToSign({ settings }: Client, access: AccessTokenToGive | undefined, idToken: IdTokenToGive): TokenToSign {
  const { claims, code, state } = idToken;
  const algorithm = settings.idTokenSignedResponseAlg;
  return {
    type: 'id_token',
    claims,
    ...(algorithm !== undefined && { algorithm }),
    ...(access?.type === 'jwt' && { atHashOf: 0 }),
    ...(access?.type === 'reference' && { atHashOver: access.token }),
    ...(code !== undefined && { cHashOver: code }),
    ...(state !== undefined && { sHashOver: state }),
  };
}

interface HmacKey {
  readonly alg: HmacAlgorithm;
  readonly secret: string;
}

/** Undefined = the client's ID tokens are not made with an HMAC. A public client never has one: its key would be no secret. */
function hmacKeyOf(client: Client, logger: Logger): HmacKey | undefined {
  const { hmacSecret: secret, isPublic, settings } = client;
  const alg = HMAC_ALGORITHMS.find((one) => one === settings.idTokenSignedResponseAlg);
  if (alg === undefined) return undefined;
  if (!isPublic && secret !== undefined && isHmacSecretLongEnough(alg, secret)) return { alg, secret };
  logger.error({ client_id: client.id, algorithm: alg }, 'the client has no secret its ID tokens could be made with');
  throw new TesseraError({
    kind: 'internal',
    code: 'token.hmac_secret_missing',
    message: 'the registration of the client asks for an HMAC that it cannot have',
  });
}

function signWithSecret(
  { alg, secret }: HmacKey,
  accessToken: string | undefined,
  { claims, code, state }: IdTokenToGive,
): string {
  const hashes = {
    ...(accessToken !== undefined && { at_hash: leftHalfHash(alg, accessToken) }),
    ...(code !== undefined && { c_hash: leftHalfHash(alg, code) }),
    ...(state !== undefined && { s_hash: leftHalfHash(alg, state) }),
  };
  return signHmacJws({ ...claims, ...hashes }, { alg, secret, typ: 'JWT' });
}

const SIGN_PAUSE_MS = 200;
/** As long as a refusal may be a matter of one replica, or of a moment in which a token of Vault was replaced. */
const REFUSAL_PATIENCE_MS = 1_000;
/** Kept back from the request's deadline for the answer. */
const ANSWER_MS = 1_000;

/**
 * Signs, and keeps trying while no signer answers and the request has time. By now the code is redeemed or the refresh
 * token replaced: an answer that comes late is better than one that never comes and makes the client's next try a reuse. A signer
 * that refuses will go on refusing, so that is waited for a moment only.
 */
async function signPatiently(keys: Pick<Keys, 'sign'>, bundle: readonly TokenToSign[]): Promise<readonly string[]> {
  const endMs = (currentContext()?.deadlineMs ?? performance.now()) - ANSWER_MS;
  const refusedEndMs = Math.min(endMs, performance.now() + REFUSAL_PATIENCE_MS);
  for (;;) {
    try {
      return await keys.sign(bundle);
    } catch (error) {
      const isWorthIt = error instanceof TesseraError && error.kind === 'unavailable';
      const untilMs = isWorthIt && error.code === 'keys.signing_refused' ? refusedEndMs : endMs;
      if (!isWorthIt || performance.now() + SIGN_PAUSE_MS >= untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, SIGN_PAUSE_MS));
    }
  }
}
