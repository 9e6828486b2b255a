import { type ServiceName, serviceNames } from '@tessera/contracts';
import { parse, stringify } from 'yaml';
import { CommandFailure } from '../command-line/failure.ts';

/** A configuration file, parsed. */
export type ConfigTree = Readonly<Record<string, unknown>>;

/** Where the processes of a run find one another and their stores. */
export interface RunFacts {
  /** `http://127.0.0.1:port`, without the issuer's path. */
  readonly origin: string;
  /** Folder with `ca.pem`, `<service>.pem` and `<service>.key`. */
  readonly certificates: string;
  /** 32 bytes in base64. */
  readonly keyEncryptionKey: string;
  /** gRPC addresses of all replicas of each service. */
  readonly addresses: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /** The blocks `storage` and `ephemeral`. */
  readonly stores: ConfigTree;
}

/** Reads the configuration a run begins with. Throws CommandFailure when it is not one mapping. */
export function parseBase(text: string): ConfigTree {
  let tree: unknown;
  try {
    tree = parse(text);
  } catch (error) {
    const [reason = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw new CommandFailure(`The configuration is not YAML: ${reason}`, { cause: error });
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    throw new CommandFailure('The configuration must be one mapping of keys to values.');
  }
  return tree as ConfigTree;
}

/** Whether a configuration says where events go. */
export function hasEvents(tree: ConfigTree): boolean {
  return entry(tree, 'events') !== undefined;
}

/** The issuer of a run: the base's path at the gateway's address. */
export function runIssuer(base: ConfigTree, origin: string): string {
  const issuer = entry(base, 'issuer');
  const path = typeof issuer === 'string' ? (URL.parse(issuer)?.pathname ?? '') : '';
  return `${origin}${path.replace(/\/+$/, '')}`;
}

/**
 * The configuration file of a run: the base with everything replaced that separate processes behind a gateway on this
 * machine need, and the additions laid over it, key by key of the top level's blocks.
 */
export function runConfiguration(base: ConfigTree, additions: ConfigTree, facts: RunFacts): string {
  const own: ConfigTree = {
    issuer: runIssuer(base, facts.origin),
    ...facts.stores,
    keyEncryption: { value: facts.keyEncryptionKey },
    rpc: {
      tls: {
        caFile: `${facts.certificates}/ca.pem`,
        certFile: `${facts.certificates}/{service}.pem`,
        keyFile: `${facts.certificates}/{service}.key`,
      },
    },
    services: Object.fromEntries(serviceNames.map((name) => [name, { addresses: facts.addresses[name] ?? [] }])),
  };
  const web = {
    ...(entry(base, 'web') as ConfigTree | undefined),
    http: new URL(facts.origin).host,
    clientRemoteIP: { header: 'X-Forwarded-For', trustedProxies: ['127.0.0.1/32'] },
  };
  return stringify(layOver(layOver(base, { ...own, web: plainWeb(web) }), additions, true));
}

/** The gateway of a run speaks plain HTTP. */
function plainWeb(web: ConfigTree): ConfigTree {
  const without = ['https', 'tlscert', 'tlskey'];
  return Object.fromEntries(Object.entries(web).filter(([key]) => !without.includes(key.toLowerCase())));
}

/** Keys match without regard to case, as everywhere in the file. */
function entry(tree: ConfigTree, key: string): unknown {
  return Object.entries(tree).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

function layOver(tree: ConfigTree, over: ConfigTree, isDeep = false): ConfigTree {
  const replaced = new Set(Object.keys(over).map((key) => key.toLowerCase()));
  const kept = Object.entries(tree).filter(([key]) => !replaced.has(key.toLowerCase()));
  const laid = Object.entries(over).map(([key, value]): [string, unknown] => {
    const below = entry(tree, key);
    return isDeep && isBlock(below) && isBlock(value) ? [key, layOver(below, value, true)] : [key, value];
  });
  return Object.fromEntries([...kept, ...laid]);
}

function isBlock(value: unknown): value is ConfigTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
