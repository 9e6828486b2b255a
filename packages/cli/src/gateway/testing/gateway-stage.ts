import { freePort, type NginxServer, startNginx } from '@tessera/testkit';
import type { GatewayOptions, PublicService } from '../gateway-options.ts';
import { nginxConfiguration } from '../nginx-configuration.ts';
import { publicServices } from '../public-routes.ts';
import { type EchoOptions, type EchoService, startEcho } from './echo-service.ts';

/** nginx with the generated configuration before one echo of each service. */
export interface GatewayStage extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly nginx: NginxServer;
  readonly services: Readonly<Record<PublicService, EchoService>>;
}

/** How a stage differs from plain HTTP under `/dex` without bounds. */
export interface StageOptions extends Partial<Omit<GatewayOptions, 'listen' | 'upstreams'>> {
  /** Changes of the configuration that only time or this machine ask for. */
  readonly edit?: (conf: string, directory: string) => string;
  readonly echo?: Omit<EchoOptions, 'service' | 'basePath'>;
  /** Host of `listen`; 127.0.0.1 when left out. */
  readonly host?: string;
  /** `host:port` of upstreams that are not the echoes. */
  readonly upstreams?: Partial<GatewayOptions['upstreams']>;
}

/** Starts them. */
export async function startStage({
  edit,
  echo,
  host,
  upstreams,
  ...options
}: StageOptions = {}): Promise<GatewayStage> {
  await using stack = new AsyncDisposableStack();
  const port = await freePort();
  const basePath = options.basePath ?? '/dex';
  const services = {} as Record<PublicService, EchoService>;
  for (const service of publicServices) services[service] = stack.use(await startEcho({ ...echo, service, basePath }));
  const addresses = Object.fromEntries(
    publicServices.map((service) => [service, upstreams?.[service] ?? [`127.0.0.1:${services[service].port}`]]),
  ) as unknown as GatewayOptions['upstreams'];
  const conf = nginxConfiguration({
    ...options,
    listen: `${host ?? '127.0.0.1'}:${port}`,
    basePath,
    upstreams: addresses,
  });
  const nginx = stack.use(
    await startNginx({ conf: (directory) => (edit === undefined ? conf : edit(conf, directory)), port }),
  );
  const kept = stack.move();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    nginx,
    services,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
