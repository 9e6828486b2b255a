import type { GatewayLimits } from '../gateway-options.ts';
import { type LimitClass, limitClasses } from '../public-routes.ts';

/** Room for about 80,000 addresses; when it is full, those that were not heard of longest make way. */
const ZONE_MIB = 10;

const zoneNames: Readonly<Record<LimitClass, string>> = {
  pages: 'pages',
  signIns: 'sign_ins',
  clients: 'clients',
  documents: 'documents',
};

/** What counts requests by address, in the block `http`. */
export function limitZones(limits: GatewayLimits | undefined): readonly string[] {
  if (limits === undefined) return [];
  return [
    '',
    '# Bounds for one address; of IPv6 for one /64, which is what a household or a machine has.',
    'geo $is_unbounded {',
    '  default 0;',
    ...limits.exempt.map((network) => `  ${network} 1;`),
    '}',
    'map $binary_remote_addr $counted_network {',
    '  default $binary_remote_addr;',
    '  "~(?s)^(?<first_half>.{8}).{8}$" $first_half;',
    '}',
    'map $is_unbounded $counted_address {',
    '  default "";',
    '  0 $counted_network;',
    '}',
    '# Only what is sent is a guess.',
    'map $request_method $counted_sender {',
    '  default "";',
    '  POST $counted_address;',
    '}',
    ...limitClasses.map((name) => {
      const key = name === 'signIns' ? '$counted_sender' : '$counted_address';
      return `limit_req_zone ${key} zone=${zoneNames[name]}:${ZONE_MIB}m rate=${limits[name].ratePerSecond}r/s;`;
    }),
    `limit_conn_zone $counted_address zone=connections:${ZONE_MIB}m;`,
    `limit_conn connections ${limits.connections};`,
    'limit_req_status 429;',
    'limit_conn_status 429;',
  ];
}

/** The bounds of a route, in its location. Where people send passwords, pages are seen too. */
export function routeLimits(limits: GatewayLimits | undefined, limitClass: LimitClass | undefined): readonly string[] {
  if (limits === undefined || limitClass === undefined) return [];
  const counted: readonly LimitClass[] = limitClass === 'signIns' ? ['pages', 'signIns'] : [limitClass];
  return counted.map((name) => `limit_req zone=${zoneNames[name]} burst=${limits[name].burst} nodelay;`);
}
