import { formatGoDuration } from '../go-duration.ts';
import { joinHostPort } from '../schema/addresses.ts';
import type {
  ConnectorConfig,
  EphemeralConfig,
  EventsConfig,
  ExpiryConfig,
  FrontendConfig,
  RedisEphemeralConfig,
  StaticPasswordConfig,
  StorageConfig,
  TesseraConfig,
  WebConfig,
} from '../types.ts';
import { clientBlock } from './client-form.ts';
import { formerSignerBlock, keyEncryptionBlock, signerBlock } from './key-form.ts';
import { oauth2Block, resourcesBlock, sessionsBlock } from './protocol-form.ts';

/** A block of the configuration file. */
type Block = Record<string, unknown>;

/**
 * The effective configuration in the form and with the key names of the file, secrets as they are. Loading it again gives the
 * same configuration. Only two sources have no exact form there: a key file that is made on first start and an ephemeral key
 * are the defaults of their storage and are left out.
 */
export function toFileForm(config: TesseraConfig): Block {
  return {
    issuer: config.issuer,
    storage: storageBlock(config.storage),
    ephemeral: ephemeralBlock(config.ephemeral),
    ...(config.events === undefined ? {} : { events: eventsBlock(config.events) }),
    ...keyEncryptionBlock(config.keyEncryption),
    web: webBlock(config.web),
    telemetry: { ...config.telemetry },
    oauth2: oauth2Block(config.oauth2),
    expiry: expiryBlock(config.expiry),
    logger: { ...config.logger },
    frontend: frontendBlock(config.frontend),
    signer: signerBlock(config.signer),
    formerSigners: config.formerSigners.map(formerSignerBlock),
    connectors: config.connectors.filter(({ type }) => type !== 'local').map(connectorBlock),
    staticClients: config.staticClients.map(clientBlock),
    enablePasswordDB: config.enablePasswordDb,
    staticPasswords: config.staticPasswords.map(passwordBlock),
    sessions: sessionsBlock(config.sessions),
    resources: resourcesBlock(config.resources),
    claims: { ...config.claims },
    services: { ...config.services },
    rpc: {
      ...(config.rpc.tls === undefined ? {} : { tls: config.rpc.tls }),
      insecurePlaintext: config.rpc.insecurePlaintext,
      deadline: formatGoDuration(config.rpc.deadlineSeconds),
    },
  };
}

function storageBlock(storage: StorageConfig): Block {
  switch (storage.type) {
    case 'memory':
      return { type: 'memory' };
    case 'postgres':
    case 'mysql': {
      const { type, connectionTimeoutSeconds, ...rest } = storage;
      return { type, config: { ...rest, connectionTimeout: connectionTimeoutSeconds } };
    }
    case 'sqlite3':
    case 'etcd': {
      const { type, ...config } = storage;
      return { type, config };
    }
  }
}

function ephemeralBlock(ephemeral: EphemeralConfig): Block {
  if (ephemeral.type === 'memory') return { type: 'memory' };
  const { type, topology, ...rest } = ephemeral;
  return { type, config: { ...topologyKeys(topology), ...rest } };
}

function topologyKeys(topology: RedisEphemeralConfig['topology']): Block {
  const joined = (nodes: readonly { readonly host: string; readonly port: number }[]): string[] =>
    nodes.map(({ host, port }) => joinHostPort(host, port));
  switch (topology.type) {
    case 'single': {
      const { host, port, database } = topology;
      return { host, port, database };
    }
    case 'cluster':
      return { cluster: { nodes: joined(topology.nodes) } };
    case 'sentinel': {
      const { type: _, sentinels, database, ...rest } = topology;
      return { database, sentinel: { ...rest, nodes: joined(sentinels) } };
    }
  }
}

function eventsBlock(events: EventsConfig): Block {
  const { type, ...config } = events;
  return type === 'stdout' ? { type } : { type, config };
}

function webBlock({ clientRemoteIp, ...rest }: WebConfig): Block {
  return { ...rest, ...(clientRemoteIp === undefined ? {} : { clientRemoteIP: clientRemoteIp }) };
}

function expiryBlock(expiry: ExpiryConfig): Block {
  const { refreshTokens } = expiry;
  return {
    signingKeys: formatGoDuration(expiry.signingKeysSeconds),
    masterSecrets: formatGoDuration(expiry.masterSecretsSeconds),
    idTokens: formatGoDuration(expiry.idTokensSeconds),
    accessTokens: formatGoDuration(expiry.accessTokensSeconds),
    authCodes: formatGoDuration(expiry.authCodesSeconds),
    authRequests: formatGoDuration(expiry.authRequestsSeconds),
    deviceRequests: formatGoDuration(expiry.deviceRequestsSeconds),
    refreshTokens: {
      disableRotation: refreshTokens.disableRotation,
      reuseInterval: formatGoDuration(refreshTokens.reuseIntervalSeconds),
      validIfNotUsedFor: formatGoDuration(refreshTokens.validIfNotUsedForSeconds),
      absoluteLifetime: formatGoDuration(refreshTokens.absoluteLifetimeSeconds),
    },
  };
}

function frontendBlock({ logoUrl, ...rest }: FrontendConfig): Block {
  return { ...rest, ...(logoUrl === undefined ? {} : { logoURL: logoUrl }) };
}

function connectorBlock({ type, id, name, grantTypes, config }: ConnectorConfig): Block {
  return { type, id, name, ...(grantTypes.length === 0 ? {} : { grantTypes }), config };
}

function passwordBlock({ userId, ...rest }: StaticPasswordConfig): Block {
  return { ...rest, userID: userId };
}
