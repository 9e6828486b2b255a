import type { Report } from '../load/report.ts';
import type { OAuth2Config } from '../types.ts';
import { DEFAULT_GRANT_TYPES, extensionGrantWarning, isExtensionGrant, JWT_BEARER_GRANT } from './grant-types.ts';
import type { OAuth2Output } from './oauth2.ts';
import { grantsOfResponseType, missingGrant, type ResponseType } from './response-types.ts';
import { toTrustedIssuerConfig } from './trusted-issuers.ts';

/** What matters about clients for the grants that are offered. */
export interface ClientGrants {
  readonly grantTypes?: readonly string[];
  readonly allowedConnectors: readonly string[];
}

/** What decides whether a listed grant can be used. */
export interface GrantFacts {
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly ResponseType[];
  readonly hasPasswordConnector: boolean;
  readonly hasTrustedIssuers: boolean;
  readonly clients: readonly ClientGrants[];
}

/** The listed grants that can be used, each once. */
export function servedGrants(facts: GrantFacts): readonly string[] {
  return [...new Set(facts.grantTypes)].filter((grant) => idleReason(grant, facts) === undefined);
}

/** Why a grant that is listed cannot be used; undefined when it can. */
function idleReason(grant: string, facts: GrantFacts): string | undefined {
  switch (grant) {
    case 'implicit':
      return servedResponseTypes(facts).some((type) => grantsOfResponseType(type).includes('implicit'))
        ? undefined
        : 'no response type of oauth2.responseTypes needs it';
    case 'password': {
      // A client has to say that it wants this grant: to be bound to connectors is no wish for passwords.
      const isClients = facts.clients.some(
        (client) => client.grantTypes?.includes('password') === true && client.allowedConnectors.length > 0,
      );
      return facts.hasPasswordConnector || isClients ? undefined : 'there is no oauth2.passwordConnector';
    }
    case JWT_BEARER_GRANT:
      return facts.hasTrustedIssuers ? undefined : 'oauth2.trustedIssuers is empty';
    default:
      return undefined;
  }
}

function servedResponseTypes({
  responseTypes,
  grantTypes,
}: Pick<GrantFacts, 'responseTypes' | 'grantTypes'>): readonly ResponseType[] {
  return [...new Set(responseTypes)].filter((type) => missingGrant(type, grantTypes) === undefined);
}

function factsOf(oauth2: OAuth2Output, clients: readonly ClientGrants[]): GrantFacts {
  const { grantTypes, responseTypes, passwordConnector, trustedIssuers } = oauth2;
  return {
    grantTypes,
    responseTypes,
    hasPasswordConnector: Boolean(passwordConnector),
    hasTrustedIssuers: trustedIssuers.length > 0,
    clients,
  };
}

/** What is listed without effect, and what is weak. */
export function warnAboutOAuth2(oauth2: OAuth2Output, clients: readonly ClientGrants[], report: Report): void {
  warnAboutLists(oauth2, clients, report);
  const noGrant = (key: string, grant: string, isGiven: boolean): void => {
    if (isGiven && !oauth2.grantTypes.includes(grant))
      report.warning(['oauth2', key], `has no effect: oauth2.grantTypes does not have ${grant}`);
  };
  noGrant('passwordConnector', 'password', Boolean(oauth2.passwordConnector));
  noGrant('trustedIssuers', JWT_BEARER_GRANT, oauth2.trustedIssuers.length > 0);
  for (const type of servedResponseTypes(oauth2)) {
    const mode = type === 'code' ? 'query' : 'fragment';
    if (!oauth2.responseModes.includes(mode))
      report.warning(
        ['oauth2', 'responseModes'],
        `does not have ${mode}, which ${type} has unless a request says another`,
      );
  }
  if (oauth2.pkce.codeChallengeMethodsSupported.includes('plain')) {
    report.warning(
      ['oauth2', 'pkce', 'codeChallengeMethodsSupported'],
      'accepts plain, which does not protect a code that was seen',
    );
  }
}

function warnAboutLists(oauth2: OAuth2Output, clients: readonly ClientGrants[], report: Report): void {
  const facts = factsOf(oauth2, clients);
  const isDefault = oauth2.grantTypes.join(' ') === DEFAULT_GRANT_TYPES.join(' ');
  for (const [index, grant] of oauth2.grantTypes.entries()) {
    const path = ['oauth2', 'grantTypes', index];
    if (isExtensionGrant(grant)) report.warning(path, extensionGrantWarning(grant));
    const reason = isDefault ? undefined : idleReason(grant, facts);
    if (reason !== undefined) report.warning(path, `is not served: ${reason}`);
  }
  // An installation for machines alone leaves `code` at its default.
  if (oauth2.responseTypes.join() === 'code') return;
  for (const [index, type] of oauth2.responseTypes.entries()) {
    const grant = missingGrant(type, oauth2.grantTypes);
    if (grant !== undefined)
      report.warning(['oauth2', 'responseTypes', index], `is not served: it needs ${grant} in oauth2.grantTypes`);
  }
}

/** The effective block: of the listed grants and response types those that can be used. */
export function toOAuth2Config(oauth2: OAuth2Output, clients: readonly ClientGrants[]): OAuth2Config {
  const { passwordConnector, pairwiseSecret } = oauth2;
  return {
    grantTypes: servedGrants(factsOf(oauth2, clients)),
    responseTypes: servedResponseTypes(oauth2),
    responseModes: [...new Set(oauth2.responseModes)],
    requestObjects: oauth2.requestObjects,
    skipApprovalScreen: oauth2.skipApprovalScreen,
    consentLifetimeSeconds: oauth2.consentLifetime,
    alwaysShowLoginScreen: oauth2.alwaysShowLoginScreen,
    trustedIssuers: oauth2.trustedIssuers.map(toTrustedIssuerConfig),
    pkce: oauth2.pkce,
    ...(passwordConnector ? { passwordConnector } : {}),
    ...(pairwiseSecret === undefined ? {} : { pairwiseSecret }),
  };
}
