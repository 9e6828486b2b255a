import { randomUUID } from 'node:crypto';
import { epochSeconds } from '@tessera/clock';
import type { Keys, LogoutDelivery } from '@tessera/contracts';
import { type Client, HMAC_ALGORITHMS, type HmacAlgorithm, signHmacJws } from '@tessera/oauth';

/** The one member of `events` (OIDC Back-Channel Logout §2.4). */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Lifetime: two minutes at most are recommended (OIDC Back-Channel Logout §2.4). */
const LIFETIME_SECONDS = 120;

/** What logout tokens are made with. */
export interface LogoutTokenContext {
  readonly config: { readonly issuer: string };
  readonly clock: { now(): Date };
  readonly keys: Pick<Keys, 'sign'>;
}

/**
 * The logout token of a delivery (OIDC Back-Channel Logout §2.4, N72): for this client alone, with the algorithm of its ID
 * tokens, of type `logout+jwt` so that it is no other token (N81), and without a `nonce`. Throws what signing throws, and a
 * RangeError for a client whose ID tokens are keyed by a secret that is missing or too short.
 */
export async function createLogoutToken(
  { config, clock, keys }: LogoutTokenContext,
  client: Pick<Client, 'id' | 'hmacSecret' | 'settings'>,
  { subject, sessionId }: Pick<LogoutDelivery, 'subject' | 'sessionId'>,
): Promise<string> {
  const iat = epochSeconds(clock.now());
  const claims = {
    iss: config.issuer,
    ...(subject === undefined ? {} : { sub: subject }),
    aud: client.id,
    iat,
    exp: iat + LIFETIME_SECONDS,
    jti: randomUUID(),
    events: { [LOGOUT_EVENT]: {} },
    ...(sessionId === undefined ? {} : { sid: sessionId }),
  };
  const algorithm = client.settings.idTokenSignedResponseAlg;
  if (algorithm !== undefined && isHmac(algorithm)) {
    if (client.hmacSecret === undefined) throw new RangeError(`no secret for ${algorithm}`);
    return signHmacJws(claims, { alg: algorithm, secret: client.hmacSecret, typ: 'logout+jwt' });
  }
  const [token] = await keys.sign([
    { type: 'logout_token', claims, ...(algorithm === undefined ? {} : { algorithm }) },
  ]);
  if (token === undefined) throw new Error('no token was signed');
  return token;
}

function isHmac(algorithm: string): algorithm is HmacAlgorithm {
  return HMAC_ALGORITHMS.some((hmac) => hmac === algorithm);
}
