import type { ConnectorDirectory } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import { findConnectorFor } from '../authorization/connectors.ts';
import type { Prompt, ValidRequest } from '../authorization/request.ts';
import { missesEssentialAcr } from '../flow/demands.ts';
import { authenticationOf, type BrowserSession } from './browser-session.ts';
import type { ClientEntry } from './session-content.ts';
import { entryTo, type SharingContext } from './sso-sharing.ts';

/** What a request wants of a session. */
export type SessionNeeds = Pick<
  ValidRequest,
  'client' | 'connectorId' | 'prompts' | 'maxAgeSeconds' | 'idTokenHint' | 'claims'
> &
  Partial<Pick<ValidRequest, 'responseType' | 'deviceUserCode'>>;

/** Why a session is not good enough: the person has to sign in, or to choose. */
export type SessionRefusal =
  | 'screen-always-shown'
  | 'prompt'
  | 'connector'
  | 'not-shared'
  | 'other-person'
  | 'too-old'
  | 'acr';

/** Whether a session is good for a request, and how the person came to the client then. */
export type SessionVerdict =
  | { readonly isUsable: true; readonly via: ClientEntry }
  | { readonly isUsable: false; readonly refusal: SessionRefusal };

/** What sessions are judged by. */
export interface JudgeContext extends SharingContext {
  readonly connectors: Pick<ConnectorDirectory, 'list'>;
  readonly config: SharingContext['config'] & { readonly oauth2: { readonly alwaysShowLoginScreen: boolean } };
  readonly clock: { now(): Date };
  /** The `sub` by which a client knows a person (OIDC Core §8). */
  readonly subjectAt: (client: Client, subject: string) => string;
}

type Rule = (session: BrowserSession, needs: SessionNeeds, context: JudgeContext) => boolean;

const ASKING_PROMPTS: readonly Prompt[] = ['login', 'select_account', 'create'];

/** What makes a session not good enough; the first that holds is the reason. */
const RULES: readonly (readonly [refusal: SessionRefusal, holds: Rule])[] = [
  ['screen-always-shown', (_session, _needs, { config }) => config.oauth2.alwaysShowLoginScreen],
  // OIDC Core §3.1.2.1: these ask for the person, whatever is known of them.
  ['prompt', (_session, { prompts }) => prompts.some((prompt) => ASKING_PROMPTS.includes(prompt))],
  ['connector', isOtherConnector],
  ['not-shared', (session, { client }, context) => entryTo(client, session.content, context) === undefined],
  ['other-person', (session, needs, context) => !isExpectedPerson(session.subject, needs, context)],
  ['too-old', isTooOld],
  ['acr', isOfAnotherClass],
];

/** Judges a session that lives against a request. */
export function judgeSession(session: BrowserSession, needs: SessionNeeds, context: JudgeContext): SessionVerdict {
  const broken = RULES.find(([, holds]) => holds(session, needs, context));
  const via = entryTo(needs.client, session.content, context);
  if (broken !== undefined || via === undefined) {
    return { isUsable: false, refusal: broken?.[0] ?? 'not-shared' };
  }
  return { isUsable: true, via };
}

/** Gone, not for this client or for this grant any more, or not the one that was asked for. */
function isOtherConnector(session: BrowserSession, needs: SessionNeeds, context: JudgeContext): boolean {
  const isAnother = needs.connectorId !== undefined && needs.connectorId !== session.connectorId;
  return isAnother || findConnectorFor(context, needs.client, session.connectorId, needs) === undefined;
}

/** OIDC Core §3.1.2.1 `max_age`; 0 always asks anew. */
function isTooOld({ authTime }: BrowserSession, { maxAgeSeconds }: SessionNeeds, { clock }: JudgeContext): boolean {
  if (maxAgeSeconds === undefined) return false;
  return maxAgeSeconds === 0 || clock.now().getTime() - authTime.getTime() > maxAgeSeconds * 1000;
}

/** OIDC Core §5.5.1.1. */
function isOfAnotherClass(session: BrowserSession, { claims }: SessionNeeds): boolean {
  return claims !== undefined && missesEssentialAcr({ claims, authentication: authenticationOf(session) });
}

/**
 * Whether a person is the one that has to sign in (OIDC Core §3.1.2.1 `id_token_hint`, §5.5.1 `sub`). Without such a wish
 * everybody is.
 */
export function isExpectedPerson(
  subject: string,
  { client, idTokenHint }: Pick<SessionNeeds, 'client' | 'idTokenHint'>,
  { subjectAt }: Pick<JudgeContext, 'subjectAt'>,
): boolean {
  if (idTokenHint === undefined) return true;
  const { subject: expected, alternatives = [] } = idTokenHint;
  return [expected, ...alternatives].includes(subjectAt(client, subject));
}
