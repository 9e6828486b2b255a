import { systemClock } from '@tessera/clock';
import type { OidcConnectorConfig } from '@tessera/config';
import type { EgressClientOptions } from '@tessera/egress';
import { silentLogger } from '@tessera/telemetry';
import { type AccessOptions, openSecret, type Secret } from '@tessera/watched-files';

/** An OIDC connector with its files read. */
export interface OidcSettings {
  readonly config: OidcConnectorConfig;
  /** Our secret there, empty for none; to be closed. */
  readonly clientSecret: Secret;
  /** Scopes to ask for, `openid` among them, each once. */
  readonly scopes: readonly string[];
  /** `prompt` sent when a refresh token is wanted; undefined = none. */
  readonly offlinePrompt: string | undefined;
  readonly groupsFilter: RegExp | undefined;
  /** How it is reached; authorities are the business of whoever makes the client. */
  readonly egress: Omit<EgressClientOptions, 'authorities'>;
}

/** What reads files, where nobody looks after them. */
const UNATTENDED: AccessOptions = { clock: systemClock, logger: silentLogger };

/** Reads the files a configuration names. Rejects when one cannot be read. */
export async function readOidcSettings(
  config: OidcConnectorConfig,
  around: AccessOptions = UNATTENDED,
): Promise<OidcSettings> {
  const { groupsFilter } = config.claimModifications.filterGroupClaims;
  const prompt = config.promptType ?? 'consent';
  const clientSecret = openSecret({
    ...around,
    value: config.clientSecret ?? '',
    file: config.clientSecretFile,
    what: `the client secret at ${config.issuer}`,
  });
  return {
    config,
    clientSecret,
    scopes: [...new Set(['openid', ...config.scopes])],
    offlinePrompt: prompt === '' ? undefined : prompt,
    groupsFilter: groupsFilter === undefined ? undefined : new RegExp(groupsFilter, 'u'),
    egress: {
      policy: 'operator',
      insecureSkipVerify: config.insecureSkipVerify,
    },
  };
}
