import type { ApiResource, ClaimMappings, ClientSettings, ScopeDefinition } from '@tessera/oauth';
import type { FormerSignerConfig, KeyEncryptionConfig, SignerConfig } from './key-types.ts';

/**
 * The effective configuration: what the file, the environment and the defaults come to.
 *
 * Every service gets the same value and takes its part. Durations are seconds, secrets are plain strings (they are masked
 * only when printed), and every optional key of the file that has a default is present here. A secret of a file stands beside
 * the name of its file, for whoever uses it to look there again.
 */
export interface TesseraConfig {
  /** Issuer identifier, without a trailing slash. Its path prefixes every route. */
  readonly issuer: string;
  readonly storage: StorageConfig;
  readonly ephemeral: EphemeralConfig;
  readonly keyEncryption: KeyEncryptionConfig;
  readonly web: WebConfig;
  readonly telemetry: TelemetryConfig;
  readonly oauth2: OAuth2Config;
  readonly expiry: ExpiryConfig;
  readonly logger: LoggerConfig;
  readonly frontend: FrontendConfig;
  readonly signer: SignerConfig;
  /** Tessera's own: signers of before, whose keys still sign or have signed. */
  readonly formerSigners: readonly FormerSignerConfig[];
  readonly connectors: readonly ConnectorConfig[];
  readonly staticClients: readonly StaticClientConfig[];
  readonly enablePasswordDb: boolean;
  readonly staticPasswords: readonly StaticPasswordConfig[];
  readonly sessions: SessionsConfig;
  readonly resources: ResourcesConfig;
  readonly claims: ClaimsConfig;
  readonly services: ServicesConfig;
  readonly rpc: RpcConfig;
  readonly shutdown: ShutdownConfig;
  /** Where security-relevant events go; undefined = none are kept. */
  readonly events?: EventsConfig;
}

/** Durable state. Paths are relative to the working directory, as in Dex. */
export type StorageConfig =
  | { readonly type: 'memory' }
  | { readonly type: 'sqlite3'; readonly file: string }
  | PostgresStorageConfig
  | MysqlStorageConfig
  | EtcdStorageConfig;

/** PostgreSQL 15 or later. */
export interface PostgresStorageConfig {
  readonly type: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** The file the password was read from, and is read from again when it changes. */
  readonly passwordFile?: string;
  /** Default 5. */
  readonly connectionTimeoutSeconds: number;
  /** Default 10. */
  readonly maxOpenConns: number;
  readonly ssl: {
    readonly mode: 'disable' | 'require' | 'verify-ca' | 'verify-full';
    readonly caFile?: string;
    readonly keyFile?: string;
    readonly certFile?: string;
  };
  /** A read-only copy, for lists that may lag behind; same database, user and TLS. */
  readonly replica?: { readonly host: string; readonly port: number };
}

/** MySQL 8 or MariaDB 10.6, or later. */
export interface MysqlStorageConfig {
  readonly type: 'mysql';
  /** Host name or address, or the path of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** The file the password was read from, and is read from again when it changes. */
  readonly passwordFile?: string;
  /** Default 5. */
  readonly connectionTimeoutSeconds: number;
  /** Default 10. */
  readonly maxOpenConns: number;
  /** `skip-verify` encrypts and verifies nothing. */
  readonly ssl: {
    readonly mode: 'false' | 'skip-verify' | 'true';
    readonly caFile?: string;
    readonly keyFile?: string;
    readonly certFile?: string;
  };
}

/** etcd 3.4 or later. */
export interface EtcdStorageConfig {
  readonly type: 'etcd';
  /** `http://` or `https://`, all of one kind. */
  readonly endpoints: readonly string[];
  /** Prefix of every key; may be empty. */
  readonly namespace: string;
  readonly username?: string;
  readonly password?: string;
  /** The file the password was read from, and is read from again when it changes. */
  readonly passwordFile?: string;
  readonly ssl: {
    readonly serverName?: string;
    readonly caFile?: string;
    readonly keyFile?: string;
    readonly certFile?: string;
  };
}

/** Short-lived state. `memory` serves one process only. */
export type EphemeralConfig = { readonly type: 'memory' } | RedisEphemeralConfig;

/** Redis 6 or later: one server, one found through Sentinels, or a Cluster. */
export interface RedisEphemeralConfig {
  readonly type: 'redis';
  readonly topology:
    | { readonly type: 'single'; readonly host: string; readonly port: number; readonly database: number }
    | {
        readonly type: 'sentinel';
        /** Name of the primary, as the Sentinels know it. */
        readonly master: string;
        readonly sentinels: readonly { readonly host: string; readonly port: number }[];
        /** Towards the Sentinels themselves. */
        readonly username?: string;
        readonly password?: string;
        readonly passwordFile?: string;
        readonly database: number;
      }
    | { readonly type: 'cluster'; readonly nodes: readonly { readonly host: string; readonly port: number }[] };
  readonly username?: string;
  readonly password?: string;
  /** The file the password was read from, and is read from again when it changes. */
  readonly passwordFile?: string;
  /** Prefix of every key. Default `tessera:`. */
  readonly prefix: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

/** Where the events service sends events. */
export type EventsConfig =
  | { readonly type: 'stdout' }
  | { readonly type: 'file'; readonly file: string }
  | KafkaEventsConfig;

/** Apache Kafka 2.1 or later. */
export interface KafkaEventsConfig {
  readonly type: 'kafka';
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly clientId: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
    /** As in {@link PostgresStorageConfig}. */
    readonly passwordFile?: string;
  };
}

export interface WebConfig {
  /** `host:port` of the plain HTTP listener. */
  readonly http?: string;
  readonly https?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsMinVersion: '1.2' | '1.3';
  readonly tlsMaxVersion?: '1.2' | '1.3';
  /** Origins allowed by CORS; `*` for all; empty for none. */
  readonly allowedOrigins: readonly string[];
  readonly allowedHeaders: readonly string[];
  /** Extra response headers for dynamic routes, by canonical header name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly clientRemoteIp?: { readonly header: string; readonly trustedProxies: readonly string[] };
}

export interface TelemetryConfig {
  readonly http?: string;
  /** OTLP/HTTP base address (`http://collector:4318`); without it no traces leave the process. */
  readonly otlpEndpoint?: string;
}

export interface OAuth2Config {
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly string[];
  readonly skipApprovalScreen: boolean;
  readonly alwaysShowLoginScreen: boolean;
  /** Connector of the password grant. Tessera's own: a client with one allowed connector uses that one. */
  readonly passwordConnector?: string;
  /** Tessera's own: response modes that are offered. Default all: `query`, `fragment`, `form_post`. */
  readonly responseModes: readonly ('query' | 'fragment' | 'form_post')[];
  /** Tessera's own: request objects (RFC 9101) by value; default true. By reference, from registered addresses; default false. */
  readonly requestObjects: { readonly byValue: boolean; readonly byReference: boolean };
  /** Tessera's own: secret from which pairwise subjects are made. Must never change; needed when a client has them. */
  readonly pairwiseSecret?: string;
  /** Tessera's own: how long a consent is remembered; 0 = until it is withdrawn (default). */
  readonly consentLifetimeSeconds: number;
  /** Tessera's own: jwt-bearer (RFC 7523 §2.1): whose assertions are taken, and with which keys. */
  readonly trustedIssuers: readonly TrustedIssuerConfig[];
  readonly pkce: {
    readonly enforce: boolean;
    /** Default `['S256']`; Dex's default also has `plain` (a recorded divergence). */
    readonly codeChallengeMethodsSupported: readonly ('S256' | 'plain')[];
  };
}

/** Somebody whose assertions are taken as authorization grants (RFC 7523 §3). */
export interface TrustedIssuerConfig {
  readonly issuer: string;
  /** Exactly one of the two. */
  readonly jwksUri?: string;
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Connector whose people its subjects are: `sub` is the user id there. */
  readonly connectorId: string;
  /** Clients that may present them; empty = all with the grant. */
  readonly clients: readonly string[];
}

/** Sessions of browsers, as in Dex's newest version. */
export interface SessionsConfig {
  /** Tessera's own: false = every sign-in asks the person. Default true. */
  readonly enabled: boolean;
  /** Default `tessera_session`. */
  readonly cookieName: string;
  /** Default 24 h. */
  readonly absoluteLifetimeSeconds: number;
  /** Idle lifetime. Default 1 h. */
  readonly validIfNotUsedForSeconds: number;
  /** Whether the box "remember me" is ticked. Default true, as in Dex. */
  readonly rememberMeCheckedByDefault: boolean;
  /** For clients that do not say. Default `none`, as in Dex. */
  readonly ssoSharedWithDefault: 'none' | 'all';
}

/** What clients can ask for, beyond the standard scopes. */
export interface ResourcesConfig {
  readonly identityResources: readonly ScopeDefinition[];
  readonly apiScopes: readonly ScopeDefinition[];
  readonly apiResources: readonly ApiResourceConfig[];
}

/** An API resource; its secrets are plain here. */
export interface ApiResourceConfig extends Omit<ApiResource, 'secrets'> {
  readonly secrets: readonly ClientSecretConfig[];
}

/** A secret that may end. */
export interface ClientSecretConfig {
  readonly value: string;
  /** The file `value` was read from, and is read from again when it changes. */
  readonly valueFile?: string;
  /** Undefined = never. */
  readonly expiresAt?: Date;
}

/** Claims computed for everybody. */
export interface ClaimsConfig {
  /** For ID tokens and userinfo of every client. */
  readonly mappings: ClaimMappings;
  /** For access tokens of every client. */
  readonly accessTokenMappings: ClaimMappings;
  /** Ready-made mappings. `arkid`: ArkID's names in userinfo (`id`, `sub_id`, `tenant_id`, `tenant_slug`, `groups`). */
  readonly presets: readonly 'arkid'[];
  /** What the preset `arkid` tells as tenant. */
  readonly arkidTenant?: { readonly id: string; readonly slug: string };
}

export interface ExpiryConfig {
  /** Default 6 h. */
  readonly signingKeysSeconds: number;
  /** Tessera's own: how often the secrets behind codes, refresh tokens and cookies change. Default 90 days; 0 = never by themselves. */
  readonly masterSecretsSeconds: number;
  /** Default 24 h. */
  readonly idTokensSeconds: number;
  /** Tessera's own. Default 1 h. */
  readonly accessTokensSeconds: number;
  /** Tessera's own. Default 60 s. */
  readonly authCodesSeconds: number;
  /** Default 24 h. */
  readonly authRequestsSeconds: number;
  /** Default 5 min. */
  readonly deviceRequestsSeconds: number;
  readonly refreshTokens: {
    readonly disableRotation: boolean;
    /** 0 = no reuse window. */
    readonly reuseIntervalSeconds: number;
    /** 0 = never. */
    readonly validIfNotUsedForSeconds: number;
    /** 0 = never. */
    readonly absoluteLifetimeSeconds: number;
  };
}

export interface LoggerConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'text' | 'json';
  /** Attribute keys dropped from every record. */
  readonly excludeFields: readonly string[];
}

export interface FrontendConfig {
  /** Folder whose files replace ours one by one. */
  readonly dir?: string;
  readonly logoUrl?: string;
  /** Display name of this issuer. Default `Tessera`. */
  readonly issuer: string;
  /** `auto` follows the person's system. */
  readonly theme: 'light' | 'dark' | 'auto';
  readonly extra: Readonly<Record<string, string>>;
  /** Tessera's own: CSS colours. */
  readonly accentColor?: string;
  readonly backgroundColor?: string;
}

/** A connector as written, checked by type. `config` keeps Dex's key names, in their canonical case. */
export type ConnectorConfig =
  | (ConnectorBase & { readonly type: 'local'; readonly config: Record<string, never> })
  | (ConnectorBase & { readonly type: 'ldap'; readonly config: LdapConnectorConfig })
  | (ConnectorBase & { readonly type: 'oidc'; readonly config: OidcConnectorConfig })
  | (ConnectorBase & { readonly type: 'mockCallback'; readonly config: Record<string, never> })
  | (ConnectorBase & {
      readonly type: 'mockPassword';
      readonly config: { readonly username: string; readonly password: string };
    });

interface ConnectorBase {
  readonly id: string;
  readonly name: string;
  /** Grants this connector may be used for; empty = all. */
  readonly grantTypes: readonly string[];
}

export interface LdapConnectorConfig {
  readonly host: string;
  readonly insecureNoSSL: boolean;
  readonly insecureSkipVerify: boolean;
  readonly startTLS: boolean;
  readonly rootCA?: string;
  readonly rootCAData?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly bindDN?: string;
  readonly bindPW?: string;
  /** The file `bindPW` was read from, and is read from again when it changes. */
  readonly bindPWFile?: string;
  readonly usernamePrompt?: string;
  readonly userSearch: {
    readonly baseDN: string;
    readonly filter?: string;
    readonly username: readonly string[];
    readonly scope: 'sub' | 'one';
    readonly idAttr: string;
    readonly emailAttr?: string;
    readonly nameAttr?: string;
    readonly preferredUsernameAttr?: string;
    readonly emailSuffix?: string;
  };
  readonly groupSearch?: {
    readonly baseDN: string;
    readonly filter?: string;
    readonly scope: 'sub' | 'one';
    readonly nameAttr: string;
    readonly userMatchers: readonly {
      readonly userAttr: string;
      readonly groupAttr: string;
      readonly recursionGroupAttr?: string;
    }[];
  };
}

export interface OidcConnectorConfig {
  readonly issuer: string;
  readonly issuerAlias?: string;
  readonly clientID: string;
  readonly clientSecret?: string;
  /** The file `clientSecret` was read from, and is read from again when it changes. */
  readonly clientSecretFile?: string;
  /** Must be the issuer with `/callback`; that is also its default. */
  readonly redirectURI: string;
  readonly providerDiscoveryOverrides: {
    readonly tokenURL?: string;
    readonly authURL?: string;
    readonly jwksURL?: string;
    readonly userInfoURL?: string;
    readonly deviceAuthURL?: string;
    readonly endSessionURL?: string;
  };
  readonly basicAuthUnsupported?: boolean;
  readonly scopes: readonly string[];
  readonly rootCAs: readonly string[];
  readonly insecureSkipVerify: boolean;
  readonly insecureSkipEmailVerified: boolean;
  readonly insecureEnableGroups: boolean;
  readonly allowedGroups: readonly string[];
  readonly acrValues: readonly string[];
  readonly getUserInfo: boolean;
  readonly userIDKey: string;
  readonly userNameKey: string;
  readonly promptType?: string;
  readonly pkceChallenge?: 'S256' | 'plain';
  readonly overrideClaimMapping: boolean;
  readonly claimMapping: { readonly preferred_username?: string; readonly email?: string; readonly groups?: string };
  readonly claimModifications: {
    readonly newGroupFromClaims: readonly {
      readonly claims: readonly string[];
      readonly delimiter: string;
      readonly clearDelimiter: boolean;
      readonly prefix: string;
    }[];
    readonly filterGroupClaims: { readonly groupsFilter?: string };
    readonly modifyGroupNames: { readonly prefix: string; readonly suffix: string };
  };
}

export interface StaticClientConfig {
  readonly id: string;
  /** Undefined for a public client without a secret. */
  readonly secret?: string;
  /** The file `secret` was read from, and is read from again when it changes. */
  readonly secretFile?: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly trustedPeers: readonly string[];
  readonly isPublic: boolean;
  /** Default true. */
  readonly isEnabled: boolean;
  readonly logoUrl?: string;
  readonly allowedConnectors: readonly string[];
  /** Tessera's own: further secrets that are as good as the first, for a change without downtime. */
  readonly furtherSecrets: readonly ClientSecretConfig[];
  readonly settings: ClientSettings;
}

export interface StaticPasswordConfig {
  readonly email: string;
  readonly username: string;
  readonly name?: string;
  readonly preferredUsername?: string;
  /** Default true, as in Dex. */
  readonly emailVerified: boolean;
  readonly userId: string;
  readonly groups: readonly string[];
  /** bcrypt (`$2…`) or Argon2id (`$argon2id$…`) hash. */
  readonly hash: string;
  /** Tessera's own: further standard claims by their wire names (OIDC Core §5.1), e.g. `given_name`, `address`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export type ServiceName = 'authorize' | 'token' | 'keys' | 'federation' | 'storage' | 'events';

/** Tessera's own: where each service listens and where the others find it; only used when services are separate processes. */
export type ServicesConfig = Readonly<Record<ServiceName, ServiceAddresses>>;

export interface ServiceAddresses {
  /** `host:port` this service's HTTP listens on (public routes and `/healthz`); undefined for services without. */
  readonly http?: string;
  /** `host:port` this service's gRPC listens on. */
  readonly grpc?: string;
  /** What callers dial: `host:port` items (several = spread over them) or one `dns:///name:port`. */
  readonly addresses: readonly string[];
}

export interface RpcConfig {
  /** Mutual TLS between the services; a file name may contain `{service}`, replaced by the calling service's name. */
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** Plaintext beyond loopback has to be said out loud. Default false. */
  readonly insecurePlaintext: boolean;
  /** Deadline of a call when the caller has none. Default 5 s. */
  readonly deadlineSeconds: number;
}

/** Tessera's own: how a process ends after a signal. */
export interface ShutdownConfig {
  /** How long requests and calls in flight may take. Longer than the longest request. Default 20 s. */
  readonly graceSeconds: number;
  /** How long new ones are still taken after the process has reported that it is not ready. Default 0. */
  readonly delaySeconds: number;
}
