import { parseArguments, usageFailure } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { defaultLimits, type GatewayLimits, type GatewayOptions } from './gateway-options.ts';
import { httpRoutes } from './kubernetes/http-routes.ts';
import { ingress } from './kubernetes/ingress.ts';
import { nginxConfiguration } from './nginx-configuration.ts';
import { type LimitClass, limitClasses, publicServices } from './public-routes.ts';

/** A network, an address, a path, a name with a port: nothing that could end a directive and begin another. */
const WORD = /^[\w.:/[\]@%+-]+$/;

const options = {
  issuer: { type: 'string' },
  gateway: { type: 'string' },
  listen: { type: 'string' },
  certificates: { type: 'string' },
  'redirect-from': { type: 'string' },
  upstream: { type: 'string', multiple: true },
  resolver: { type: 'string' },
  behind: { type: 'string', multiple: true },
  'proxy-protocol': { type: 'boolean', default: false },
  limit: { type: 'string', multiple: true },
  connections: { type: 'string' },
  exempt: { type: 'string', multiple: true },
  'no-limits': { type: 'boolean', default: false },
  'access-log': { type: 'string', default: '/dev/stdout' },
  probes: { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArguments<typeof options>>['values'];

/** `tessera gateway nginx|http-route|ingress`: what a gateway of another issuer or with other bounds needs. */
export const gateway: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, options);
  const [form, ...rest] = positionals;
  const make = Object.hasOwn(forms, form ?? '') ? forms[form as keyof typeof forms] : undefined;
  if (make === undefined || rest.length > 0) throw usageFailure(`Name one of ${Object.keys(forms).join(', ')}`);
  terminal.out(make(values, issuerOf(values.issuer)).trimEnd());
  return 0;
};

const forms = {
  nginx: (values: Values, issuer: URL) => nginxConfiguration(nginxOptions(values, issuer)),
  'http-route': ({ gateway: name = 'public' }: Values, issuer: URL) => httpRoutes(kubernetesPlace(issuer, name)),
  ingress: ({ gateway: name = 'nginx' }: Values, issuer: URL) => ingress(kubernetesPlace(issuer, name)),
};

function issuerOf(text: string | undefined): URL {
  const issuer = URL.parse(text ?? '');
  if (issuer === null || !/^https?:$/.test(issuer.protocol) || issuer.search !== '' || issuer.hash !== '') {
    throw usageFailure('Name the issuer with --issuer https://HOST[/PATH]');
  }
  return issuer;
}

function basePathOf(issuer: URL): string {
  return issuer.pathname.replace(/\/+$/, '');
}

function kubernetesPlace(issuer: URL, name: string) {
  return { basePath: basePathOf(issuer), hostname: issuer.hostname, gateway: name };
}

function nginxOptions(values: Values, issuer: URL): GatewayOptions {
  const hasTls = values.certificates !== undefined;
  const { resolver, probes } = values;
  return {
    listen: word(values.listen ?? (issuer.port || (hasTls ? '443' : '80')), 'listen'),
    basePath: basePathOf(issuer),
    authority: issuer.host,
    upstreams: upstreamsOf(values.upstream),
    accessLog: word(values['access-log'], 'access-log'),
    oldestNginx: resolver === undefined ? '1.22' : '1.28',
    ...(resolver === undefined
      ? {}
      : {
          resolver: resolver
            .split(' ')
            .map((part) => word(part, 'resolver', /^[\w.:=[\]-]+$/))
            .join(' '),
        }),
    ...(probes === undefined ? {} : { probes: word(probes, 'probes') }),
    ...tlsOf(values),
    ...proxiesOf(values),
    ...(values['no-limits'] ? {} : { limits: limitsOf(values) }),
  };
}

function tlsOf({ certificates, 'redirect-from': redirectFrom }: Values): Pick<GatewayOptions, 'tls'> {
  if (certificates === undefined) return {};
  const certificateFolder = word(certificates, 'certificates');
  return {
    tls: {
      certificateFolder,
      ...(redirectFrom === undefined ? {} : { redirectFrom: word(redirectFrom, 'redirect-from') }),
    },
  };
}

function proxiesOf({ behind = [], 'proxy-protocol': hasProtocol }: Values): Pick<GatewayOptions, 'proxiesBefore'> {
  if (behind.length === 0) {
    if (hasProtocol) throw usageFailure('Name who speaks the PROXY protocol with --behind NETWORK');
    return {};
  }
  const networks = behind.map((network) => word(network, 'behind'));
  return { proxiesBefore: { networks, by: hasProtocol ? 'proxy_protocol' : 'X-Forwarded-For' } };
}

/** `token=10.0.0.1:8080,10.0.0.2:8080`; a service that is not named is found under its name. */
function upstreamsOf(given: readonly string[] = []): GatewayOptions['upstreams'] {
  const upstreams: Record<string, readonly string[]> = Object.fromEntries(
    publicServices.map((service) => [service, [`${service}:8080`]]),
  );
  for (const text of given) {
    const [service = '', addresses = ''] = text.split('=');
    if (!Object.hasOwn(upstreams, service)) throw usageFailure(`--upstream takes ${publicServices.join(', ')}`);
    upstreams[service] = addresses.split(',').map((address) => word(address, 'upstream'));
  }
  return upstreams as unknown as GatewayOptions['upstreams'];
}

/** `pages=100/1000`: requests per second, and how many more at once. */
function limitsOf({ limit = [], connections, exempt = [] }: Values): GatewayLimits {
  const changes = limit.map((text) => {
    const [, name = '', rate = '', burst = ''] = /^(\w+)=(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
    if (!limitClasses.includes(name as LimitClass) || Number(rate) === 0) {
      throw usageFailure(`--limit takes ${limitClasses.join(', ')} as NAME=PER-SECOND/BURST`);
    }
    return [name, { ratePerSecond: Number(rate), burst: Number(burst) }] as const;
  });
  if (connections !== undefined && !/^[1-9]\d{0,5}$/.test(connections))
    throw usageFailure('--connections takes a number');
  return {
    ...defaultLimits,
    ...(Object.fromEntries(changes) as Partial<GatewayLimits>),
    ...(connections === undefined ? {} : { connections: Number(connections) }),
    exempt: exempt.map((network) => word(network, 'exempt')),
  };
}

function word(text: string, option: string, pattern = WORD): string {
  if (!pattern.test(text)) throw usageFailure(`--${option} cannot be ${JSON.stringify(text)}`);
  return text;
}
