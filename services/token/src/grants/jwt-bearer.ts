import { type ClientKeys, claimedAssertionIssuer, verifyAuthorizationGrantAssertion } from '@tessera/client-keys';
import type { TesseraConfig } from '@tessera/config';
import { type Client, encodeSubject, type Identity } from '@tessera/oauth';
import type { TokenServiceOptions } from '../ports.ts';
import { requireParameter } from '../protocol/form.ts';
import { useUpAssertion } from '../protocol/use-up-assertion.ts';
import { type DirectGrantDependencies, issueDirectly } from './direct-grant.ts';
import { type GrantHandler, invalidGrant } from './grant-handler.ts';
import { grantTypes } from './grant-types.ts';
import { type AccessDependencies, invalidScope, judgeAccess, readRequestedAccess } from './requested-access.ts';
import { assertGrantStands } from './standing.ts';

/** What the grant needs. */
export type JwtBearerDependencies = AccessDependencies &
  DirectGrantDependencies &
  Pick<TokenServiceOptions, 'connectors' | 'logger'> & { readonly clientKeys: ClientKeys };

type TrustedIssuer = TesseraConfig['oauth2']['trustedIssuers'][number];

/** One text whatever is wrong, as whom this server trusts is not told. */
const INVALID_ASSERTION =
  'The assertion is invalid, has expired, was used before, or is of nobody this client may speak for.';

/** Longest `sub` that storage keeps a grant of, in characters. */
const MAX_SUBJECT_LENGTH = 512;

/**
 * Grant `urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 §2.1): an assertion of an issuer that the configuration
 * trusts, about one of the people of that issuer's connector, of whom no more is known than the identifier. An assertion with
 * a `jti` is good for one use (N28). There is no refresh token (RFC 7521 §4.1). Without a scope the client gets the API scopes
 * it is allowed by name.
 */
export function createJwtBearerGrant(dependencies: JwtBearerDependencies): GrantHandler {
  const { config, resourceModel } = dependencies;
  return async ({ form, client, now }) => {
    const assertion = requireParameter(form, 'assertion');
    const asked = readRequestedAccess(form);
    if (asked.scopes.includes('offline_access')) throw invalidScope('This grant gives no refresh tokens.');
    const scopes = asked.scopes.length === 0 ? resourceModel.defaultScopes(client) : asked.scopes;
    const access = judgeAccess({ ...asked, scopes }, client, dependencies);
    const trusted = findTrusted(assertion, client, config.oauth2.trustedIssuers);
    if (trusted === undefined) throw refused(client, 'untrusted_issuer', dependencies);
    const { connectorId } = trusted;
    const grantType = grantTypes.jwtBearer;
    assertGrantStands({ client, authorization: { connectorId, scopes: access.scopes }, grantType }, dependencies);
    const userId = await useUp({ assertion, trusted, client, now }, dependencies);
    const authorization = {
      scopes: access.scopes,
      identity: identityOf(userId),
      connectorId,
      authTime: now,
      details: { grantType, ...(access.resources.length > 0 && { resources: access.resources }) },
    };
    return issueDirectly({ client, now, authorization }, dependencies);
  };
}

function findTrusted(assertion: string, client: Client, issuers: readonly TrustedIssuer[]): TrustedIssuer | undefined {
  const claimed = claimedAssertionIssuer(assertion);
  return issuers.find(
    ({ issuer, clients }) => issuer === claimed && (clients.length === 0 || clients.includes(client.id)),
  );
}

/** The subject of an assertion, which is used up now. Throws OAuthError `invalid_grant` (RFC 7523 §3.1). */
async function useUp(
  presented: {
    readonly assertion: string;
    readonly trusted: TrustedIssuer;
    readonly client: Client;
    readonly now: Date;
  },
  dependencies: JwtBearerDependencies,
): Promise<string> {
  const { assertion, trusted, client, now } = presented;
  const { config, clientKeys, storage } = dependencies;
  const audiences = [config.issuer, `${config.issuer}/token`];
  const outcome = await verifyAuthorizationGrantAssertion({ assertion, trusted, audiences, now }, clientKeys);
  if (!outcome.ok) throw refused(client, outcome.reason, dependencies);
  const { subject, jti, expiresAt } = outcome;
  if (encodeSubject(subject, trusted.connectorId).length > MAX_SUBJECT_LENGTH) {
    throw refused(client, 'subject_too_long', dependencies);
  }
  if (jti === undefined) return subject;
  const isFirst = await useUpAssertion(storage, { use: 'jwt_bearer', issuer: trusted.issuer, jti, expiresAt, now });
  if (!isFirst) throw refused(client, 'replayed', dependencies);
  return subject;
}

function refused({ id }: Client, reason: string, { logger }: JwtBearerDependencies): Error {
  logger.info({ client_id: id, reason }, 'assertion refused as a grant');
  return invalidGrant(INVALID_ASSERTION);
}

function identityOf(userId: string): Identity {
  return { userId, username: '', preferredUsername: '', email: '', emailVerified: false, groups: [], claims: {} };
}
