import * as z from 'zod';
import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import type { LdapConnectorConfig } from '../../types.ts';
import { isHostName, isLoopbackHost, joinHostPort, splitHostPort } from '../addresses.ts';
import { checkedText, flag, isOn, optionalText, refused, requiredText, text } from '../fields.ts';
import type { Partially } from '../partially.ts';
import { connectorBase } from './base.ts';

const scope = z
  .enum(['sub', 'one'])
  .default('sub')
  .describe('`sub` searches the whole tree below the base, `one` its direct children.');

const userSearch = z
  .strictObject({
    baseDN: requiredText('Where the search for people begins.'),
    filter: optionalText('LDAP filter that people must match as well, in parentheses.'),
    username: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
        error: 'must be the name of an attribute or a list of names',
      })
      .meta({
        description: 'Attribute compared with what the person typed; a list means any of them.',
        typeName: 'text or list of texts',
      }),
    scope,
    idAttr: text('Attribute with the identifier that never changes; `DN` for the distinguished name.').default('uid'),
    emailAttr: text('Attribute with the e-mail address.').default('mail'),
    nameAttr: optionalText('Attribute with the display name.'),
    preferredUsernameAttr: optionalText('Attribute with the short name.'),
    emailSuffix: optionalText('Makes the address `<id>@<suffix>` instead of reading it.'),
  })
  .describe('How a person is found.');

const groupSearch = z
  .strictObject({
    baseDN: requiredText('Where the search for groups begins.'),
    filter: optionalText('LDAP filter that groups must match as well, in parentheses.'),
    scope,
    nameAttr: requiredText('Attribute with the name of the group.'),
    userMatchers: z
      .array(
        z.strictObject({
          userAttr: requiredText('Attribute of the person; `DN` for the distinguished name.'),
          groupAttr: requiredText('Attribute of the group that holds that value.'),
          recursionGroupAttr: optionalText(
            'Attribute of a parent group that holds the DN of a child; follows groups upwards.',
          ),
        }),
      )
      .default([])
      .describe('How groups belong to a person.'),
    userAttr: optionalText('Older form of `userMatchers[].userAttr`.'),
    groupAttr: optionalText('Older form of `userMatchers[].groupAttr`.'),
    recursionGroupAttr: optionalText('Older form of `userMatchers[].recursionGroupAttr`.'),
  })
  .exactOptional()
  .describe('How the groups of a person are found; no groups without it.');

/** A connector of type `ldap`. */
export const ldapConnectorSchema = z
  .strictObject({
    type: z.literal('ldap').describe('People sign in with their directory password.'),
    ...connectorBase,
    config: z
      .strictObject({
        host: checkedText(
          '`host` or `host:port`; the port is 636, or 389 with `insecureNoSSL`, when left out.',
          hostFault,
        ),
        insecureNoSSL: flag('No TLS at all; passwords cross the network readable.'),
        insecureSkipVerify: flag('Do not verify the server certificate.'),
        startTLS: flag('Begin without TLS and switch it on with StartTLS (RFC 4511 §4.14).'),
        rootCA: optionalText('PEM file of the authorities that may sign the server certificate.'),
        rootCAData: checkedText('The same as base64 of the PEM text.', (value) =>
          /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(value) ? undefined : 'must be base64 of PEM text',
        ).exactOptional(),
        clientCert: optionalText('PEM file of the client certificate; together with `clientKey`.'),
        clientKey: optionalText('PEM file of the client key; together with `clientCert`.'),
        bindDN: optionalText('Who searches; anonymous when left out.'),
        bindPW: optionalText('Password of `bindDN`.'),
        bindPWFile: optionalText('File that holds the password; instead of `bindPW`. Read again when it changes.'),
        usernamePrompt: optionalText('Label of the name field on the login page.'),
        userSearch,
        groupSearch,
        kerberos: refused('Sign-in by Kerberos ticket.', 'people would silently be asked for a password instead'),
      })
      .describe('The directory.'),
  })
  .describe('LDAP directory.');

type Input = z.input<typeof ldapConnectorSchema>['config'];
type Output = z.output<typeof ldapConnectorSchema>['config'];

function hostFault(value: string): string | undefined {
  if (value.includes('://')) return 'must be host or host:port, without ldap:// or ldaps:// in front';
  const host = splitHostPort(value)?.host;
  return host !== undefined && isHostName(host) ? undefined : 'must be host or host:port';
}

/** Rules between the keys of an LDAP connector. */
export function checkLdapConnector(config: Partially<Input> | undefined, path: ConfigPath, report: Report): void {
  if (config === undefined) return;
  if (isOn(config.insecureNoSSL) && isOn(config.startTLS)) {
    report.derived([...path, 'startTLS'], 'contradicts insecureNoSSL: with it no TLS is used; remove one of them');
  }
  if ((config.clientCert === undefined) !== (config.clientKey === undefined)) {
    report.derived([...path, 'clientCert'], 'and clientKey are needed together, or neither');
  }
  for (const [key, filter] of [
    ['userSearch', config.userSearch?.filter],
    ['groupSearch', config.groupSearch?.filter],
  ] as const) {
    if (filter && !hasBalancedParentheses(filter)) {
      report.derived(
        [...path, key, 'filter'],
        'must be an LDAP filter in parentheses, for example (objectClass=person)',
      );
    }
  }
  const groups = config.groupSearch;
  if (groups !== undefined && (groups.userMatchers ?? []).length === 0 && !(groups.userAttr && groups.groupAttr)) {
    report.derived([...path, 'groupSearch', 'userMatchers'], 'needs at least one pair of userAttr and groupAttr');
  }
}

/** Whether a filter is one parenthesised expression (RFC 4515 §3; literal parentheses are escaped as `\28` and `\29`). */
function hasBalancedParentheses(filter: string): boolean {
  const text = filter.trim();
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth < 0 || (depth === 0 && index < text.length - 1)) return false;
  }
  return depth === 0 && text !== '';
}

/** What is weak or out of date in an LDAP connector. */
export function warnAboutLdapConnector(config: Output, path: ConfigPath, report: Report): void {
  const host = splitHostPort(config.host)?.host ?? '';
  if (config.insecureNoSSL && !isLoopbackHost(host)) {
    report.warning([...path, 'insecureNoSSL'], 'sends passwords over the network without encryption');
  }
  if (config.insecureSkipVerify && !config.insecureNoSSL) {
    report.warning([...path, 'insecureSkipVerify'], 'lets anybody on the way pose as the directory');
  }
  if (config.bindDN && !config.bindPW && !config.bindPWFile)
    report.warning([...path, 'bindPW'], 'is empty, so the search is anonymous');
  if (config.groupSearch?.userAttr || config.groupSearch?.groupAttr) {
    const isUsed = config.groupSearch.userMatchers.length === 0;
    report.warning(
      [...path, 'groupSearch', 'userAttr'],
      isUsed ? 'is the older form; write userMatchers' : 'has no effect beside userMatchers',
    );
  }
}

/** The effective LDAP connector. */
export function toLdapConnectorConfig(config: Output): LdapConnectorConfig {
  const { bindPWFile, kerberos: _kerberos, groupSearch: groups, ...rest } = config;
  const parts = splitHostPort(config.host);
  const port = parts?.port ?? (config.insecureNoSSL ? 389 : 636);
  const { username } = config.userSearch;
  return {
    ...rest,
    ...(bindPWFile ? { bindPWFile } : {}),
    host: joinHostPort(parts?.host ?? config.host, port),
    userSearch: { ...config.userSearch, username: typeof username === 'string' ? [username] : username },
    ...(groups === undefined ? {} : { groupSearch: toGroupSearch(groups) }),
  };
}

function toGroupSearch(groups: NonNullable<Output['groupSearch']>): NonNullable<LdapConnectorConfig['groupSearch']> {
  const { userAttr, groupAttr, recursionGroupAttr, userMatchers, ...rest } = groups;
  if (userMatchers.length > 0 || !userAttr || !groupAttr) return { ...rest, userMatchers };
  return { ...rest, userMatchers: [{ userAttr, groupAttr, ...(recursionGroupAttr ? { recursionGroupAttr } : {}) }] };
}
