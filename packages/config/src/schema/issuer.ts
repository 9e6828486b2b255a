import type { Report } from '../load/report.ts';
import { hasUserInformation, isLoopbackHost, parseHttpUrl } from './addresses.ts';
import { checkedText } from './fields.ts';

/** `issuer`: the identity of this installation (OIDC Discovery §3). */
export const issuerSchema = checkedText(
  'Issuer identifier: the absolute URL under which applications see this installation, without a trailing slash. Its path prefixes every route.',
  issuerFault,
);

/** What is wrong with an issuer identifier (OIDC Discovery §3: no query or fragment), or undefined. */
function issuerFault(value: string): string | undefined {
  const url = parseHttpUrl(value);
  if (url === undefined) return 'must be an absolute http or https URL, for example https://id.example.org';
  if (hasUserInformation(url)) return 'must not contain a user name or password';
  if (value.includes('?')) return 'must not have a query (the part from ?)';
  if (value.includes('#')) return 'must not have a fragment (the part from #)';
  if (value.endsWith('/')) return `must not end with a slash; write ${value.replace(/\/+$/, '')}`;
  const path = value.replace(/^https?:\/\/[^/]*/i, '');
  const hasPlainPath = path === (url.pathname === '/' ? '' : url.pathname) && !path.includes('//');
  return hasPlainPath
    ? undefined
    : 'has a path with "//", dot segments or characters that must be percent-encoded; write a plain path';
}

/** Plain HTTP beyond this machine shows tokens to the network. */
export function warnAboutIssuer(issuer: string, report: Report): void {
  const url = parseHttpUrl(issuer);
  if (url?.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    report.warning(
      ['issuer'],
      'is plain http on a host that is not this machine: passwords and tokens are readable on the way; use https',
    );
  }
}
