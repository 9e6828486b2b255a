import type { ConfigProblem } from '../problem.ts';
import { checkClaims, toClaimsConfig, warnAboutClaims } from '../schema/claims.ts';
import { toStaticClientConfig } from '../schema/clients/client-config.ts';
import { checkStaticClients, warnAboutStaticClients } from '../schema/clients/static-clients.ts';
import {
  checkConnectors,
  localConnector,
  toConnectorConfig,
  warnAboutConnectors,
} from '../schema/connectors/connector.ts';
import { findKnownConnectors } from '../schema/connectors/known-connectors.ts';
import { checkEphemeral, toEphemeralConfig } from '../schema/ephemeral.ts';
import { checkEvents, toEventsConfig } from '../schema/events.ts';
import { toExpiryConfig, warnAboutExpiry } from '../schema/expiry.ts';
import { isOn } from '../schema/fields.ts';
import { type FileInput, type FileOutput, fileSchema } from '../schema/file.ts';
import { toFrontendConfig } from '../schema/frontend.ts';
import { warnAboutIssuer } from '../schema/issuer.ts';
import { checkKeyEncryption, toKeyEncryptionConfig, warnAboutKeyEncryption } from '../schema/key-encryption.ts';
import { toOAuth2Config, warnAboutOAuth2 } from '../schema/oauth2-offers.ts';
import { checkOAuth2 } from '../schema/oauth2-rules.ts';
import type { Partially } from '../schema/partially.ts';
import { checkResources, warnAboutResources } from '../schema/resource-rules.ts';
import { toResourcesConfig } from '../schema/resources.ts';
import { checkRpc, toRpcConfig } from '../schema/rpc.ts';
import { checkSessions, toSessionsConfig } from '../schema/sessions.ts';
import { toShutdownConfig } from '../schema/shutdown.ts';
import { checkFormerSigners, toFormerSignerConfig, warnAboutFormerSigners } from '../schema/signers/former-signers.ts';
import { checkSigner, signingAlgorithms, toSignerConfig, warnAboutSigner } from '../schema/signers/signer.ts';
import { checkStaticPasswords, toStaticPasswordConfig } from '../schema/static-passwords.ts';
import { checkStorage, toStorageConfig } from '../schema/storage/storage.ts';
import { checkWeb, toWebConfig, warnAboutWeb } from '../schema/web.ts';
import type { TesseraConfig } from '../types.ts';
import { canonicalise } from './canonical-keys.ts';
import { parseConfigDocument } from './document.ts';
import { type Environment, expandEnvironment } from './environment-expansion.ts';
import { findIssuerOffers } from './issuer-offers.ts';
import { applyOverrides, type ConfigOverrides } from './overrides.ts';
import { createReport, type Report } from './report.ts';
import { reportIssues, withoutInvalid } from './schema-issues.ts';
import { fillFromSources, type SecretFileReader, type SecretUser } from './value-sources.ts';
import { fillFromVaultEnvironment } from './vault-environment.ts';

/** The effective configuration, or everything that is wrong; warnings either way. */
export type ConfigResult =
  | { readonly ok: true; readonly config: TesseraConfig; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly warnings: readonly string[] };

/** What {@link loadConfig} needs; nothing is read from elsewhere. */
export interface ConfigSource {
  /** The file's text: one YAML 1.2 or JSON document. */
  readonly text: string;
  /** Name of the file for messages. */
  readonly fileName: string;
  /** Environment variables. */
  readonly env: Environment;
  /** Reads the files that `secretFile`, `valueFile`, `bindPWFile` and the like name; without it they are unreadable. */
  readonly readFile?: SecretFileReader;
  /** Whose secrets there must be; files of the others' need not be readable. Default: everybody's. */
  readonly secretsOf?: readonly SecretUser[];
  /** Values of the command line. */
  readonly overrides?: ConfigOverrides;
  /** The present moment, for warnings about secrets that have ended; without it there are none. */
  readonly now?: Date;
}

/**
 * Reads a configuration: defaults < file < environment < command line. All problems are reported together, each with its path
 * and, where it is in the file, its line. Never throws for anything the file says.
 */
export function loadConfig(source: ConfigSource): ConfigResult {
  const { text, fileName, env, overrides = {}, now } = source;
  const report = createReport(fileName);
  const document = parseConfigDocument(text, report);
  if (document === undefined) return { ok: false, problems: report.problems(), warnings: [] };

  const written = canonicalise(document, fileSchema, report);
  const expanded = expandEnvironment(written, env, report);
  const overridden = applyOverrides(expanded, env, overrides, report);
  const sourced = fillFromSources(overridden, source, report);
  const filled = fillFromVaultEnvironment(sourced, env, report);
  const parsed = fileSchema.safeParse(filled);
  const issues = parsed.success ? [] : parsed.error.issues;
  reportIssues(issues, filled, report);
  // What is left has the types of the schema, though parts may be missing: the rules between keys are checked on it, so that
  // one mistake does not hide another.
  checkRules(withoutInvalid(issues, filled) as Partially<FileInput>, report);

  const problems = report.problems();
  // An environment variable that is not set is a warning, and often why a value is wrong.
  if (!parsed.success || problems.length > 0) return { ok: false, problems, warnings: report.warnings() };
  const config = toTesseraConfig(parsed.data, env);
  addWarnings(parsed.data, config, now ?? new Date(0), report);
  return { ok: true, config, warnings: report.warnings() };
}

function checkRules(file: Partially<FileInput>, report: Report): void {
  const isPasswordDbEnabled = isOn(file.enablePasswordDB);
  const connectors = findKnownConnectors(file.connectors, isPasswordDbEnabled);
  const clientIds = new Set((file.staticClients ?? []).flatMap((client) => client?.id ?? []));
  checkStorage(file.storage, report);
  checkEphemeral(file.ephemeral, report);
  checkEvents(file.events, report);
  checkKeyEncryption(file.keyEncryption, file.storage?.type, report);
  checkSigner(file.signer, report);
  checkFormerSigners(file.formerSigners, file.signer?.type ?? 'local', report);
  checkWeb(file.web, report);
  checkOAuth2(file.oauth2, { issuer: file.issuer, connectors, clients: file.staticClients ?? [] }, report);
  checkSessions(file.sessions, report);
  checkResources(file.resources, { algorithms: signingAlgorithms(file.signer), clientIds }, report);
  checkClaims(file.claims, report);
  checkRpc(file.rpc, report);
  checkConnectors(file.connectors, { isPasswordDbEnabled, issuer: file.issuer }, report);
  checkStaticClients(file.staticClients, findIssuerOffers(file), report);
  checkStaticPasswords(file.staticPasswords, isPasswordDbEnabled, report);
}

function toTesseraConfig(file: FileOutput, env: Environment): TesseraConfig {
  const storage = toStorageConfig(file.storage);
  const connectors = file.connectors.map((connector) => toConnectorConfig(connector, file.issuer));
  const { http, otlpEndpoint } = file.telemetry;
  return {
    issuer: file.issuer,
    storage,
    ephemeral: toEphemeralConfig(file.ephemeral),
    keyEncryption: toKeyEncryptionConfig(file.keyEncryption, storage),
    web: toWebConfig(file.web),
    telemetry: { ...(http === undefined ? {} : { http }), ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }) },
    oauth2: toOAuth2Config(file.oauth2, file.staticClients),
    expiry: toExpiryConfig(file.expiry),
    logger: file.logger,
    frontend: toFrontendConfig(file.frontend, env['DEX_FRONTEND_DIR']),
    signer: toSignerConfig(file.signer, file.expiry.signingKeys),
    formerSigners: file.formerSigners.map(toFormerSignerConfig),
    connectors: file.enablePasswordDB ? [...connectors, localConnector] : connectors,
    staticClients: file.staticClients.map(toStaticClientConfig),
    enablePasswordDb: file.enablePasswordDB,
    staticPasswords: file.staticPasswords.map(toStaticPasswordConfig),
    sessions: toSessionsConfig(file.sessions),
    resources: toResourcesConfig(file.resources),
    claims: toClaimsConfig(file.claims),
    services: file.services,
    rpc: toRpcConfig(file.rpc),
    shutdown: toShutdownConfig(file.shutdown),
    ...(file.events === undefined ? {} : { events: toEventsConfig(file.events) }),
  };
}

function addWarnings(file: FileOutput, config: TesseraConfig, now: Date, report: Report): void {
  warnAboutIssuer(file.issuer, report);
  warnAboutKeyEncryption(file.keyEncryption, report);
  warnAboutSigner(file.signer, report);
  warnAboutFormerSigners(file.formerSigners, report);
  warnAboutWeb(file.web, report);
  warnAboutOAuth2(file.oauth2, file.staticClients, report);
  warnAboutExpiry(file.expiry, report);
  warnAboutConnectors(file.connectors, report);
  warnAboutResources(file.resources, now, report);
  warnAboutClaims(file.claims, report);
  warnAboutStaticClients(file.staticClients, { ...config, now }, report);
}
