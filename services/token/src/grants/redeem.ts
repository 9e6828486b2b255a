import { randomUUID } from 'node:crypto';
import type { CodeRefusal, CodeToRedeem, Grant } from '@tessera/contracts';
import { type Client, isCodeVerifier, type Parameters } from '@tessera/oauth';
import { expiriesAt, refreshRules } from '../issue/lifetimes.ts';
import type { TokenIssuing, TokenResponse } from '../issue/tokens.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { invalidGrant } from './grant-handler.ts';
import { assertOwnGrant } from './own-grant.ts';
import { narrowResources, readResources, resourcesStillAllowed, scopesStillAllowed } from './requested-access.ts';
import { assertGrantStands } from './standing.ts';

/** What redeeming needs. */
export type RedeemDependencies = Pick<
  TokenServiceOptions,
  'config' | 'logger' | 'storage' | 'clients' | 'connectors' | 'resourceModel' | 'codeSecrets'
> & { readonly issuing: TokenIssuing };

/** A code that is genuine, whether a browser or a device brought it about. */
export interface CodePresented {
  readonly codeId: string;
  readonly form: Parameters;
  readonly client: Client;
  readonly now: Date;
  /** The grant it is presented to. */
  readonly grantType: string;
  /** What it was asked to return to; undefined = not sent. */
  readonly redirectUri?: string | undefined;
  /** What the client is told of each refusal. */
  readonly descriptions: Readonly<Record<CodeRefusal, string>>;
}

/**
 * Redeems a code and issues its tokens (RFC 6749 §4.1.3). A malformed verifier is refused without a call; everything else, the
 * grant it is for included (N20), is compared where the code is consumed. A resource beyond those that were granted ends the grant
 * that came of it: the code is used up, and nobody has its tokens.
 */
export async function redeem(presented: CodePresented, dependencies: RedeemDependencies): Promise<TokenResponse> {
  const { client, now, grantType, descriptions } = presented;
  const { logger, storage, issuing } = dependencies;
  const code = codeToRedeem(presented, dependencies);
  const outcome = await storage.redeemCode(code);
  if (outcome.type === 'refused') {
    noteRefusal(dependencies, client, outcome.refusal);
    throw invalidGrant(descriptions[outcome.refusal]);
  }
  const grant = assertOwnGrant(outcome.grant, code);
  const { authorization } = grant;
  const resources = await narrowed(grant, presented, dependencies);
  assertGrantStands({ client, authorization, grantType }, dependencies);
  const granted = { scopes: authorization.scopes, resources: authorization.details?.resources ?? [] };
  const scopes = scopesStillAllowed(granted, client, dependencies);
  const response = await issuing.forGrant({ grant, client, scopes, resources, now, nonce: authorization.nonce });
  logger.debug({ client_id: client.id, grant_id: grant.id }, 'code redeemed');
  return response;
}

/** Leaves a trace of a code that was refused; `forged` and `expired` were not even looked up. */
export function noteRefusal(
  { logger }: Pick<RedeemDependencies, 'logger'>,
  client: Client,
  refusal: CodeRefusal | 'forged' | 'expired',
): void {
  const fields = { client_id: client.id, reason: refusal };
  if (refusal === 'replayed') logger.warn(fields, 'authorization code replayed, its grant is revoked');
  else logger.info(fields, 'authorization code refused');
}

function codeToRedeem(presented: CodePresented, { config }: RedeemDependencies): CodeToRedeem {
  const { codeId, grantType, client, form, now, redirectUri, descriptions } = presented;
  const codeVerifier = form.get('code_verifier');
  if (codeVerifier !== undefined && !isCodeVerifier(codeVerifier)) throw invalidGrant(descriptions.pkce);
  const ends = expiriesAt(now, config.expiry, client);
  return {
    codeId,
    grantType,
    clientId: client.id,
    ...(redirectUri !== undefined && { redirectUri }),
    ...(codeVerifier !== undefined && { codeVerifier }),
    grantId: randomUUID(),
    tokensExpireAt: ends.lastToken,
    ...(ends.refreshFamily !== undefined && { refreshExpiresAt: ends.refreshFamily }),
    validIfNotUsedForSeconds: refreshRules(client, config.expiry).validIfNotUsedForSeconds,
  };
}

async function narrowed(
  grant: Grant,
  { form, client }: CodePresented,
  dependencies: RedeemDependencies,
): Promise<readonly string[]> {
  const granted = grant.authorization.details?.resources;
  try {
    return resourcesStillAllowed(narrowResources(readResources(form), granted), granted, client, dependencies);
  } catch (thrown) {
    const { id, authorization } = grant;
    await dependencies.storage.revokeGrant({ grantId: id, clientId: authorization.clientId, reason: 'code_refused' });
    throw thrown;
  }
}
