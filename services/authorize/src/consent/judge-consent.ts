import type { TesseraConfig } from '@tessera/config';
import type { Consent, Storage } from '@tessera/contracts';
import type { ClaimsRequest, Client, ResourceModel } from '@tessera/oauth';
import { claimsBeyondScopes } from './consent-scopes.ts';

/** What consents are judged by. */
export interface ConsentContext {
  readonly config: { readonly oauth2: Pick<TesseraConfig['oauth2'], 'skipApprovalScreen' | 'consentLifetimeSeconds'> };
  readonly storage: Pick<Storage, 'findConsent' | 'putConsent'>;
  readonly clock: { now(): Date };
  readonly resourceModel: Pick<ResourceModel, 'find' | 'scopesOf'>;
}

/** What a client wants of a person. */
export interface ConsentNeeds {
  readonly client: Client;
  readonly scopes: readonly string[];
  readonly claims?: ClaimsRequest | undefined;
  /** RFC 8707 §2. */
  readonly resources: readonly string[];
  /** Where the answer goes; empty for that to a device. */
  readonly redirectUri: string;
  /** `prompt=consent` and Dex's `approval_prompt=force`. */
  readonly forcesApproval: boolean;
}

/**
 * Whether a person has to be asked (OIDC Core §3.1.2.4). `unneeded`: nobody is, at this client. `remembered`: they agreed
 * before, to all of it.
 */
export type ConsentVerdict = 'unneeded' | 'remembered' | 'ask';

/**
 * Judges whether a person has to be asked. A consent that is remembered, and the word of who runs the issuer that nobody is
 * asked, are the other conditions under which `offline_access` is granted without `prompt=consent` (OIDC Core §11).
 */
export async function judgeConsent(
  context: ConsentContext,
  needs: ConsentNeeds,
  subject: string,
): Promise<ConsentVerdict> {
  const { client, scopes } = needs;
  if (needs.forcesApproval) return 'ask';
  if (!(client.settings.requireConsent ?? !context.config.oauth2.skipApprovalScreen)) return 'unneeded';
  if (!isRememberable(context, needs)) return 'ask';
  const consent = await context.storage.findConsent(subject, client.id);
  return consent !== undefined && covers(context, client, consent, scopes) ? 'remembered' : 'ask';
}

/**
 * Whether a consent to a request may be remembered. What is remembered are scopes: neither claims that are asked for one by one
 * nor APIs that no scope of the request belongs to are among them.
 */
export function isRememberable(
  { resourceModel }: Pick<ConsentContext, 'resourceModel'>,
  { client, scopes, claims, resources, redirectUri }: Omit<ConsentNeeds, 'forcesApproval'>,
): boolean {
  return (
    (client.settings.allowRememberConsent ?? isIdentityAssured(client, redirectUri)) &&
    claimsBeyondScopes(claims, scopes, resourceModel).length === 0 &&
    resources.every((name) => resourceModel.scopesOf(name, scopes).length > 0)
  );
}

/**
 * RFC 6749 §10.2, RFC 8252 §8.6: any program on a person's machine can say it is an application that proves nothing, and listen
 * where that one does. So each time the person is asked, unless there is a secret, or only the owner of a host can be answered.
 */
function isIdentityAssured({ isPublic }: Pick<Client, 'isPublic'>, redirectUri: string): boolean {
  return !isPublic || /^https:/i.test(redirectUri);
}

/** When a consent given at a moment ends; undefined = when it is withdrawn. */
export function consentEnd(
  { config }: Pick<ConsentContext, 'config'>,
  { settings }: Pick<Client, 'settings'>,
  grantedAt: Date,
): Date | undefined {
  const seconds = settings.consentLifetimeSeconds ?? config.oauth2.consentLifetimeSeconds;
  return seconds === 0 ? undefined : new Date(grantedAt.getTime() + seconds * 1000);
}

/** A lifetime that was made shorter counts at once. */
function covers(context: ConsentContext, client: Client, consent: Consent, scopes: readonly string[]): boolean {
  const ends = [consent.expiresAt, consentEnd(context, client, consent.grantedAt)];
  const now = context.clock.now();
  return ends.every((end) => end === undefined || now < end) && scopes.every((scope) => consent.scopes.includes(scope));
}
