import type { GatewayOptions, GatewayTls } from '../gateway-options.ts';
import { routeLocations } from './locations.ts';
import { answerLocations, errorPages, ownAnswerPattern, ownHeaders } from './own-answers.ts';
import { escapePattern, indented, percentDecoded, quotable, quoted } from './words.ts';

const YEAR_SECONDS = 31_536_000;

/** Forward secrecy and authenticated encryption alone (RFC 9325 §4.2). */
const TLS12_CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Maps that the servers need, in the block `http`. */
export function serverMaps({ authority, basePath, tls }: GatewayOptions): readonly string[] {
  const lines = [
    'map $request_method $is_method_unknown {',
    '  default 1;',
    '  GET 0;',
    '  HEAD 0;',
    '  POST 0;',
    '  OPTIONS 0;',
    '}',
  ];
  if (authority !== undefined) {
    const base = quotable(escapePattern(percentDecoded(basePath)));
    lines.push(
      '# Only the issuer’s host is served; a load balancer may ask by address how things are.',
      'map $host $is_elsewhere {',
      '  default 1;',
      `  ${quoted(hostOf(authority))} 0;`,
      '}',
      'map "$is_elsewhere $uri" $is_misdirected {',
      '  volatile;',
      '  default 0;',
      `  "~^1 (?!${base}/healthz$|${ownAnswerPattern})" 1;`,
      '}',
    );
  }
  if (tls !== undefined) {
    lines.push(
      '# A certificate whose path has a variable is read when a connection begins, a new one thus without a reload.',
      'map "" $certificate_folder {',
      `  default ${quoted(tls.certificateFolder)};`,
      '}',
    );
  }
  return lines;
}

/** The issuer’s server, that of plain HTTP, and that of probes. Throws TypeError when plain HTTP leads nowhere. */
export function servers(options: GatewayOptions): readonly string[] {
  const { tls, probes } = options;
  return [
    ...issuerServer(options),
    ...(tls?.redirectFrom === undefined ? [] : redirectServer(tls.redirectFrom, options)),
    ...(probes === undefined ? [] : probeServer(probes)),
  ];
}

function issuerServer(options: GatewayOptions): readonly string[] {
  const { tls, listen } = options;
  const headers = serverHeaders(tls);
  return block('server', [
    `listen ${listenArguments(listen, options)};`,
    ...(tls === undefined ? [] : tlsLines(options)),
    ...headers,
    ...errorPages,
    ...(options.authority === undefined ? [] : ['if ($is_misdirected) { return 421; }']),
    '',
    ...routeLocations(options),
    '',
    ...answerLocations(headers),
  ]);
}

function listenArguments(listen: string, { tls, proxiesBefore, oldestNginx }: GatewayOptions): string {
  return [
    listen,
    ...(tls === undefined ? [] : ['ssl']),
    ...(tls !== undefined && oldestNginx !== '1.28' ? ['http2'] : []),
    ...(proxiesBefore?.by === 'proxy_protocol' ? ['proxy_protocol'] : []),
  ].join(' ');
}

function tlsLines({ oldestNginx }: GatewayOptions): readonly string[] {
  return [
    ...(oldestNginx === '1.28' ? ['http2 on;'] : []),
    'http2_max_concurrent_streams 64;',
    'ssl_certificate $certificate_folder/tls.crt;',
    'ssl_certificate_key $certificate_folder/tls.key;',
    ...(oldestNginx === '1.28' ? ['ssl_certificate_cache max=8 inactive=30s valid=10s;'] : []),
    'ssl_protocols TLSv1.2 TLSv1.3;',
    `ssl_ciphers ${TLS12_CIPHERS};`,
    'ssl_session_cache shared:tls:10m;',
    'ssl_session_timeout 1h;',
    '# Their key would have to be changed by hand to keep forward secrecy.',
    'ssl_session_tickets off;',
    '# The word of the gateway alone, not twice.',
    'proxy_hide_header Strict-Transport-Security;',
  ];
}

function serverHeaders(tls: GatewayTls | undefined): readonly string[] {
  if (tls === undefined) return [];
  return [`add_header Strict-Transport-Security "max-age=${tls.hstsSeconds ?? YEAR_SECONDS}" always;`];
}

/** To the issuer's own name, whatever name was asked for. A POST has told its secrets already, and is not to be told again. */
function redirectServer(listen: string, { authority, proxiesBefore }: GatewayOptions): readonly string[] {
  if (authority === undefined) throw new TypeError('redirectFrom needs authority');
  return block('server', [
    `listen ${listen}${proxiesBefore?.by === 'proxy_protocol' ? ' proxy_protocol' : ''};`,
    'location / {',
    ...ownHeaders([]).map((line) => `  ${line}`),
    '  if ($request_method !~ ^(?:GET|HEAD)$) { return 403 "https only\\n"; }',
    `  return 308 https://${authority}$request_uri;`,
    '}',
  ]);
}

function probeServer(listen: string): readonly string[] {
  return block('server', [
    `listen ${listen};`,
    'access_log off;',
    'location = /healthz { return 200 "ok\\n"; }',
    'location / { return 404 "404 page not found\\n"; }',
  ]);
}

function block(name: string, lines: readonly string[]): readonly string[] {
  return ['', `${name} {`, ...indented(lines, 2).split('\n'), '}'];
}

function hostOf(authority: string): string {
  return authority.replace(/:\d+$/, '').toLowerCase();
}
