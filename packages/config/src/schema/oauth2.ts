import * as z from 'zod';
import type { Report } from '../load/report.ts';
import { knownGrantTypes, knownResponseTypes, servedGrantTypes, servedResponseTypes } from '../served.ts';
import type { OAuth2Config } from '../types.ts';
import { flag, optionalText } from './fields.ts';
import type { Partially } from './partially.ts';

/** `oauth2`: what the protocol endpoints offer. */
export const oauth2Schema = z
  .strictObject({
    grantTypes: z
      .array(z.enum(knownGrantTypes))
      .default(['authorization_code', 'refresh_token'])
      .describe(
        'Grants that are offered. Of those known from Dex, `authorization_code` and `refresh_token` are served.',
      ),
    responseTypes: z
      .array(z.enum(knownResponseTypes))
      .default(['code'])
      .describe('Response types that are offered. Of those known from Dex, `code` is served.'),
    skipApprovalScreen: flag('Do not ask the person to approve an application.'),
    alwaysShowLoginScreen: flag('Show the choice of connectors even if there is only one.'),
    passwordConnector: optionalText('Connector of the password grant, which is not served by this version.'),
    pkce: z
      .strictObject({
        enforce: flag('Demand PKCE (RFC 7636) of every client; public clients always need it.'),
        codeChallengeMethodsSupported: z
          .array(z.enum(['S256', 'plain']))
          .min(1)
          .default(['S256'])
          .describe('Accepted challenge methods; `plain` is weak and must be named to be accepted.'),
      })
      .prefault({})
      .describe('Proof key for code exchange.'),
  })
  .prefault({})
  .describe('What the protocol endpoints offer.');

/** Refuses lists of which nothing is served. */
export function checkOAuth2(oauth2: Partially<z.input<typeof oauth2Schema>>, report: Report): void {
  const lists = [
    ['grantTypes', oauth2?.grantTypes, servedGrantTypes],
    ['responseTypes', oauth2?.responseTypes, servedResponseTypes],
  ] as const;
  for (const [key, listed, served] of lists) {
    const isUsable = listed === undefined || listed.some((item) => item === undefined || served.includes(item));
    if (!isUsable) report.derived(['oauth2', key], `names nothing that this version serves (${served.join(', ')})`);
  }
}

/** What is listed and not served, and what is weak. */
export function warnAboutOAuth2(oauth2: z.output<typeof oauth2Schema>, report: Report): void {
  const notServed = (key: string, listed: readonly string[], served: readonly string[]): void => {
    const others = listed.filter((item) => !served.includes(item));
    if (others.length > 0)
      report.warning(['oauth2', key], `lists what this version does not serve: ${others.join(', ')}`);
  };
  notServed('grantTypes', oauth2.grantTypes, servedGrantTypes);
  notServed('responseTypes', oauth2.responseTypes, servedResponseTypes);
  if (oauth2.passwordConnector) {
    report.warning(['oauth2', 'passwordConnector'], 'has no effect: the password grant is not served by this version');
  }
  if (oauth2.pkce.codeChallengeMethodsSupported.includes('plain')) {
    report.warning(
      ['oauth2', 'pkce', 'codeChallengeMethodsSupported'],
      'accepts plain, which does not protect a code that was seen',
    );
  }
}

/** The effective block: of the listed grants and response types those that are served. */
export function toOAuth2Config(oauth2: z.output<typeof oauth2Schema>): OAuth2Config {
  return {
    ...oauth2,
    grantTypes: [...new Set(oauth2.grantTypes.filter((item) => servedGrantTypes.includes(item)))],
    responseTypes: [...new Set(oauth2.responseTypes.filter((item) => servedResponseTypes.includes(item)))],
  };
}
