import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Cluster, type GatewayOptions, startCluster } from '@tessera/cli';
import { runProgram } from '@tessera/testkit';
import { stringify } from 'yaml';
import { APP, CALLBACK, CLI, SIGNED_OUT, systemConfig } from '../../support/system-config.ts';

/** A device without a browser, and a part of the system that asks about tokens and has none. */
export const DEVICE = { id: 'device-app' } as const;

/** A key signs so long; a verifier may keep the key set for a quarter of it. */
const ROTATION_SECONDS = 20;
/** How long a verifier may keep the key set. */
export const MAX_AGE_SECONDS = ROTATION_SECONDS / 4;
const TOKEN_SECONDS = 15;
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** How the system of an upgrade is started. */
export interface UpgradedSystemOptions {
  /** Root of the checkout whose code runs at first. */
  readonly checkout: string;
  /** Root of the checkout that writes the gateway's configuration; this one's when left out. */
  readonly gatewayOf?: string | undefined;
  /** Where events are written to. */
  readonly eventsFile: string;
}

/** Every service twice, from a given checkout, with keys that change while anybody looks. */
export function startUpgradedSystem({ checkout, gatewayOf, eventsFile }: UpgradedSystemOptions): Promise<Cluster> {
  // No directory and no upstream runs here: only local people sign in.
  const base = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort: 389, upstreamIssuer: 'http://127.0.0.1:9' });
  return startCluster({
    checkout,
    config: stringify({ ...base, connectors: [], staticClients: clients() }),
    additions: {
      events: { type: 'file', config: { file: eventsFile } },
      logger: { level: 'warn' },
      signer: { type: 'local', config: { keysRotationPeriod: `${ROTATION_SECONDS}s` } },
      expiry: {
        idTokens: `${TOKEN_SECONDS}s`,
        accessTokens: `${TOKEN_SECONDS}s`,
        refreshTokens: { reuseInterval: '10s' },
      },
      oauth2: { grantTypes: ['authorization_code', 'refresh_token', DEVICE_GRANT] },
    },
    replicas: { authorize: 2, token: 2, keys: 2, federation: 2, storage: 2, events: 2 },
    ...(gatewayOf === undefined ? {} : { gatewayConfiguration: (options) => configurationBy(gatewayOf, options) }),
  });
}

function clients(): readonly Record<string, unknown>[] {
  return [
    {
      ...APP,
      name: 'Example App',
      redirectURIs: [CALLBACK],
      postLogoutRedirectURIs: [SIGNED_OUT],
      consent: { required: false },
    },
    { id: CLI.id, name: 'Example CLI', public: true, redirectURIs: ['http://127.0.0.1/callback'] },
    {
      ...DEVICE,
      public: true,
      name: 'Device',
      allowedConnectors: ['local'],
      grantTypes: [DEVICE_GRANT, 'refresh_token'],
    },
  ];
}

/** What another version would lead requests by. */
function configurationBy(checkout: string, options: GatewayOptions): Promise<string> {
  const module = pathToFileURL(join(checkout, 'packages', 'cli', 'src', 'gateway', 'nginx-configuration.ts')).href;
  const script = `import { nginxConfiguration } from ${JSON.stringify(module)};
process.stdout.write(nginxConfiguration(${JSON.stringify(options)}));`;
  const args = ['--conditions=source', '--input-type=module', '--eval', script];
  return runProgram({ command: process.execPath, args });
}
