export { type ApacheRelyingParty, type ApacheRelyingPartyOptions, startApacheRelyingParty } from './apache.ts';
export { type LaunchedBrowser, launchBrowser, type PageOptions } from './browser.ts';
export {
  type CertificateAuthority,
  type CertificateRequest,
  createCertificateAuthority,
  type IssuedCertificate,
  type Validity,
  writeServiceCertificates,
} from './certificates.ts';
export { type ContainerHost, type ContainerHostOptions, openContainerHost } from './containers/container-host.ts';
export type { ContainerNetwork, NetworkOptions } from './containers/container-network.ts';
export type { BuiltImage, ImageBuild } from './containers/image-builder.ts';
export type { CommandOptions } from './containers/run-command.ts';
export type { StandIn } from './containers/stand-in.ts';
export { type Cookie, type CookieJar, createCookieJar, parseSetCookie } from './cookie-jar.ts';
export { type EtcdOptions, type EtcdServer, type EtcdTlsFiles, startEtcd } from './etcd.ts';
export { assertPortIsFree, freePort } from './free-port.ts';
export { decodeHtml, type FormButton, type HtmlForm, parseForms } from './html-forms.ts';
export {
  createUserAgent,
  type Page,
  type SubmitOptions,
  type UserAgent,
  type UserAgentOptions,
  type VisitOptions,
} from './http-agent.ts';
export { type KafkaOptions, type KafkaServer, startKafka } from './kafka.ts';
export type { KafkaSasl, KafkaTls } from './kafka-settings.ts';
export type { KafkaRecord, TopicOptions } from './kafka-topics.ts';
export { type KubernetesTools, kubernetesTools } from './kubernetes-tools.ts';
export { type LdapOptions, type LdapServer, startLdap } from './ldap.ts';
export {
  directoryLdif,
  groupDn,
  LDAP_ADMIN_DN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SERVICE_DN,
  LDAP_SUFFIX,
  type LdapGroup,
  type LdapPerson,
  ldifEntry,
  personDn,
  sampleGroups,
  samplePeople,
} from './ldap-directory.ts';
export { type MariadbOptions, type MariadbServer, startMariadb } from './mariadb.ts';
export { findProgram, MissingProgramError, PROGRAM_PACKAGES, type Program } from './missing-program.ts';
export { type NginxConf, type NginxOptions, type NginxServer, startNginx, testConfig } from './nginx.ts';
export { pauseProcess } from './pause-process.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
export { type ProcessExit, type ProcessOptions, type RunningProcess, startProcess } from './process.ts';
export { processTree, stillRunning } from './process-tree.ts';
export { type PythonRun, runPython } from './python.ts';
export { type RedisOptions, type RedisServer, type RedisTlsFiles, startRedis } from './redis.ts';
export { type RedisCluster, type RedisClusterOptions, startRedisCluster } from './redis-cluster.ts';
export {
  type RedisSentinel,
  type RedisSentinelOptions,
  type SentinelServer,
  startRedisSentinel,
} from './redis-sentinel.ts';
export type { RestartableServer } from './restartable-server.ts';
export { type ProgramResult, type ProgramRun, runProgram, tryProgram } from './run-program.ts';
export { type SoftHsm, type SoftHsmOptions, startSoftHsm } from './softhsm.ts';
export { createTempDirectory, type TempDirectory } from './temp-directory.ts';
export type { UpstreamAccount } from './upstream-account.ts';
export {
  startUpstreamProvider,
  type UpstreamClient,
  type UpstreamEndpoint,
  type UpstreamProvider,
  type UpstreamProviderOptions,
} from './upstream-provider.ts';
export type { VaultKey, VaultKeyType } from './vault-keys.ts';
export type { VaultReply, VaultRequest, VaultTampering } from './vault-listener.ts';
export { startVault, type VaultServer, type VaultServerOptions } from './vault-server.ts';
export type { VaultCapability, VaultRule, VaultTokenOptions } from './vault-tokens.ts';
export { type WaitOptions, waitFor } from './wait-for.ts';
