import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { WebConfig } from '../types.ts';
import { cidrFault, listenAddressFault } from './addresses.ts';
import { checkedText, optionalText, textList } from './fields.ts';
import type { Partially } from './partially.ts';

const headerValue = (description: string) =>
  checkedText(description, (value) =>
    // RFC 9110 §5.5: visible characters, spaces and tabs; a line break would let a value begin another header.
    /^[\t\x20-\x7e]*$/.test(value) ? undefined : 'must be one line of visible ASCII characters',
  ).exactOptional();

const headers = z
  .strictObject({
    'Content-Security-Policy': headerValue('Replaces the policy of every page.'),
    'X-Frame-Options': headerValue('Sent with every dynamic answer.'),
    'X-Content-Type-Options': headerValue('Sent with every dynamic answer.'),
    'X-XSS-Protection': headerValue('Sent with every dynamic answer.'),
    'Strict-Transport-Security': headerValue('Sent with every dynamic answer.'),
  })
  .prefault({})
  .describe('Security headers of dynamic routes.');

const tlsVersion = (description: string) => z.enum(['1.2', '1.3']).describe(description);

/** `web`: the public HTTP listeners. */
export const webSchema = z
  .strictObject({
    http: checkedText(
      'Address of the plain HTTP listener: `host:port` or `:port`.',
      listenAddressFault,
    ).exactOptional(),
    https: checkedText(
      'Address of the HTTPS listener; needs `tlsCert` and `tlsKey`.',
      listenAddressFault,
    ).exactOptional(),
    tlsCert: optionalText('PEM file of the certificate chain; read again when it changes.'),
    tlsKey: optionalText('PEM file of the private key.'),
    tlsMinVersion: tlsVersion('Lowest TLS version, in quotes.').default('1.2'),
    tlsMaxVersion: tlsVersion('Highest TLS version, in quotes; the newest when left out.').exactOptional(),
    allowedOrigins: textList('Origins that browsers may call from (CORS); `*` for all, empty for none.'),
    allowedHeaders: textList('Request headers that browsers may send across origins.', ['Authorization']),
    headers,
    clientRemoteIP: z
      .strictObject({
        header: checkedText(
          'Header in which trusted proxies name the client, for example `X-Forwarded-For`.',
          (value) => (/^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/.test(value) ? undefined : 'must be the name of a header'),
        ).default(''),
        trustedProxies: z
          .array(checkedText('An IP range.', cidrFault))
          .default([])
          .describe('IP ranges whose header is believed, for example `10.0.0.0/8`.'),
      })
      .exactOptional()
      .describe('How the address of the client is found behind proxies.'),
  })
  .describe('The public HTTP listeners; `http`, `https` or both.');

/** Rules between the keys of `web`. */
export function checkWeb(web: Partially<z.input<typeof webSchema>> | undefined, report: Report): void {
  if (web === undefined) return;
  const { http, https, tlsCert, tlsKey, tlsMinVersion = '1.2', tlsMaxVersion } = web;
  if (http === undefined && https === undefined) {
    const isExplained = report.isExplained(['web', 'http']) || report.isExplained(['web', 'https']);
    if (!isExplained) report.derived(['web'], 'needs http or https, for example http: 0.0.0.0:5556');
  }
  if (https !== undefined) {
    if (tlsCert === undefined) report.derived(['web', 'tlsCert'], 'is required with web.https');
    if (tlsKey === undefined) report.derived(['web', 'tlsKey'], 'is required with web.https');
  }
  if (tlsMaxVersion !== undefined && tlsMinVersion > tlsMaxVersion) {
    report.derived(['web', 'tlsMinVersion'], `(${tlsMinVersion}) is higher than tlsMaxVersion (${tlsMaxVersion})`);
  }
}

/** Things that work otherwise than one may think. */
export function warnAboutWeb(web: z.output<typeof webSchema>, report: Report): void {
  const { clientRemoteIP: remote } = web;
  if (remote !== undefined && remote.header !== '' && remote.trustedProxies.length === 0) {
    report.warning(['web', 'clientRemoteIP', 'header'], 'has no effect without trustedProxies');
  }
  if (remote !== undefined && remote.header === '' && remote.trustedProxies.length > 0) {
    report.warning(['web', 'clientRemoteIP', 'trustedProxies'], 'has no effect without header');
  }
}

/** The effective listeners. */
export function toWebConfig(web: z.output<typeof webSchema>): WebConfig {
  const { clientRemoteIP: remote, headers: extra, ...rest } = web;
  const isUsable = remote !== undefined && remote.header !== '' && remote.trustedProxies.length > 0;
  return { ...rest, headers: { ...extra }, ...(isUsable ? { clientRemoteIp: remote } : {}) };
}
