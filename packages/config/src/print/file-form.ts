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
import { sourceOf } from './source-of.ts';

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
    shutdown: {
      delay: formatGoDuration(config.shutdown.delaySeconds),
      grace: formatGoDuration(config.shutdown.graceSeconds),
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
      return { type, config: { ...sourceOf(rest, 'password'), connectionTimeout: connectionTimeoutSeconds } };
    }
    case 'sqlite3':
      return { type: storage.type, config: { file: storage.file } };
    case 'etcd': {
      const { type, ...config } = storage;
      return { type, config: sourceOf(config, 'password') };
    }
  }
}

function ephemeralBlock(ephemeral: EphemeralConfig): Block {
  if (ephemeral.type === 'memory') return { type: 'memory' };
  const { type, topology, ...rest } = ephemeral;
  return { type, config: { ...topologyKeys(topology), ...sourceOf(rest, 'password') } };
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
      return { database, sentinel: { ...sourceOf(rest, 'password'), nodes: joined(sentinels) } };
    }
  }
}

function eventsBlock(events: EventsConfig): Block {
  if (events.type === 'stdout') return { type: events.type };
  if (events.type === 'file') return { type: events.type, config: { file: events.file } };
  const { type, sasl, ...config } = events;
  return { type, config: { ...config, ...(sasl === undefined ? {} : { sasl: sourceOf(sasl, 'password') }) } };
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

function connectorBlock(connector: ConnectorConfig): Block {
  const { type, id, name, grantTypes } = connector;
  return { type, id, name, ...(grantTypes.length === 0 ? {} : { grantTypes }), config: connectorKeys(connector) };
}

function connectorKeys(connector: ConnectorConfig): Block {
  if (connector.type === 'ldap') return sourceOf(connector.config, 'bindPW');
  return connector.type === 'oidc' ? sourceOf(connector.config, 'clientSecret') : connector.config;
}

function passwordBlock({ userId, ...rest }: StaticPasswordConfig): Block {
  return { ...rest, userID: userId };
}
