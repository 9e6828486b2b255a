import { type Client, type JwsProblem, type Parameters, SIGNING_ALGORITHMS } from '@tessera/oauth';
import type { ClientKeys } from './client-keys.ts';
import { checkJwtTimes, type JwtClaims, type JwtTimeProblem } from './jwt-claims.ts';
import { parametersOfClaims } from './request-object-parameters.ts';
import { verifySignedJwt } from './signed-jwt.ts';

/** What the public learns of a request object that was refused, whatever the reason. */
export const REQUEST_OBJECT_REFUSED = 'The request object is not valid.';

/** Header `typ` of a request object beside none and `JWT` (RFC 9101 §10.8). */
const REQUEST_OBJECT_TYPE = 'oauth-authz-req+jwt';

/** A request object of a client. */
export interface RequestObject {
  /** The JWT itself, as `request` or as the answer of a `request_uri`; at most 16 KiB (`MAX_JWS_LENGTH`). */
  readonly requestObject: string;
  /** The client of the `client_id` outside of it. */
  readonly client: Pick<Client, 'id' | 'settings'>;
  /** Our issuer identifier. */
  readonly issuer: string;
  readonly now: Date;
}

/** Why a request object was refused; for logs. `encrypted`: a JWE, which is not taken. */
export type RequestObjectProblem =
  | JwsProblem
  | JwtTimeProblem
  | 'encrypted'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'wrong-client'
  | 'is-client-assertion'
  | 'nested'
  | 'bad-parameter';

/** Outcome of {@link verifyRequestObject}. */
export type RequestObjectOutcome =
  | { readonly ok: true; readonly parameters: Parameters }
  | { readonly ok: false; readonly reason: RequestObjectProblem };

/**
 * Verifies a request object and gives what it asks for as parameters (RFC 9101 §4 to §6, OIDC Core §6). It must be signed by an
 * asymmetric key of the client; `none`, secrets and encryption are refused. `iss`, `aud`, `exp`, `nbf`, `iat` and `client_id` are
 * checked when they are there: clients of OIDC Core §6.1 may leave them out.
 *
 * @throws TesseraError `unavailable` when the client's keys cannot be fetched.
 */
export async function verifyRequestObject(request: RequestObject, keys: ClientKeys): Promise<RequestObjectOutcome> {
  const { requestObject, client } = request;
  if (requestObject.split('.', 6).length === 5) return { ok: false, reason: 'encrypted' };
  const { requestObjectSigningAlg: required } = client.settings;
  const verified = await verifySignedJwt(requestObject, {
    keys,
    holder: client.settings,
    algorithms: SIGNING_ALGORITHMS.filter((alg) => required === undefined || alg === required),
    typ: REQUEST_OBJECT_TYPE,
  });
  if (!verified.ok) return verified;
  const reason = problemOf(verified.claims, request);
  if (reason !== undefined) return { ok: false, reason };
  const parameters = parametersOfClaims(verified.claims);
  return parameters === undefined ? { ok: false, reason: 'bad-parameter' } : { ok: true, parameters };
}

function problemOf(claims: JwtClaims, { client, issuer, now }: RequestObject): RequestObjectProblem | undefined {
  const { iss, sub, aud, client_id: clientId } = claims;
  if (iss !== undefined && iss !== client.id) return 'wrong-issuer';
  if (clientId !== undefined && clientId !== client.id) return 'wrong-client';
  // It comes by the browser: whoever sees it there could sign in as the client with it (RFC 9101 §10.8).
  if (sub === client.id) return 'is-client-assertion';
  if (aud !== undefined && aud !== issuer && !(Array.isArray(aud) && aud.includes(issuer))) return 'wrong-audience';
  if (Object.hasOwn(claims, 'request') || Object.hasOwn(claims, 'request_uri')) return 'nested';
  const times = checkJwtTimes(claims, { now, needsExpiry: false });
  return times.ok ? undefined : times.reason;
}
