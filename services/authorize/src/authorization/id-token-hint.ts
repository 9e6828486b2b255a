import type { VerificationKeys } from '@tessera/contracts';
import {
  type Client,
  HMAC_ALGORITHMS,
  parseCompactJws,
  SIGNING_ALGORITHMS,
  verifyCompactJws,
  verifyHmacJws,
} from '@tessera/oauth';
import type { IdTokenHint } from './request.ts';

/** What hints are verified with. */
export interface IdTokenHintContext {
  readonly config: { readonly issuer: string };
  readonly verificationKeys: Pick<VerificationKeys, 'find'>;
}

/**
 * Verifies an `id_token_hint` (OIDC Core §3.1.2.1, N57): an ID token of this issuer for this client, signed by one of our
 * keys or, where the client's ID tokens are, by its secret. It may have expired: it names somebody and proves nothing.
 * Undefined for everything else, tokens of other kinds included.
 */
export async function verifyIdTokenHint(
  token: string,
  client: Pick<Client, 'id' | 'hmacSecret'>,
  context: IdTokenHintContext,
): Promise<IdTokenHint | undefined> {
  const claims = await verifySignature(token, client, context);
  if (claims === undefined) return undefined;
  const { iss, aud, azp, sub, exp, sid } = claims;
  // One that was issued to the client for others alone says so in `azp` (OIDC Core §2).
  const isForClient = aud === client.id || azp === client.id || (Array.isArray(aud) && aud.includes(client.id));
  // Of our signed answers for a client only ID tokens have a lifetime; signed userinfo has none.
  const isIdToken = iss === context.config.issuer && isForClient && typeof exp === 'number';
  if (!isIdToken || typeof sub !== 'string' || sub === '') return undefined;
  return { subject: sub, ...(typeof sid === 'string' ? { sessionId: sid } : {}) };
}

async function verifySignature(
  token: string,
  client: Pick<Client, 'hmacSecret'>,
  { verificationKeys }: IdTokenHintContext,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const parsed = parseCompactJws(token);
  if (!parsed.ok) return undefined;
  const { alg, kid } = parsed.jws.header;
  if (HMAC_ALGORITHMS.some((hmac) => hmac === alg)) {
    if (client.hmacSecret === undefined) return undefined;
    const verified = verifyHmacJws(token, { algorithms: HMAC_ALGORITHMS, secret: client.hmacSecret, typ: 'JWT' });
    return verified.ok ? verified.payload : undefined;
  }
  const key = kid === undefined ? undefined : await verificationKeys.find(kid);
  if (key === undefined) return undefined;
  const verified = verifyCompactJws(token, { keys: [key], algorithms: SIGNING_ALGORITHMS, typ: 'JWT' });
  return verified.ok ? verified.payload : undefined;
}
