import type { OidcConnectorConfig } from '@tessera/config';
import type { EgressClientOptions } from '@tessera/egress';
import { readAuthorities, systemAuthorities } from '@tessera/egress';

/** An OIDC connector with its files read. */
export interface OidcSettings {
  readonly config: OidcConnectorConfig;
  /** Scopes to ask for, `openid` among them, each once. */
  readonly scopes: readonly string[];
  /** `prompt` sent when a refresh token is wanted; undefined = none. */
  readonly offlinePrompt: string | undefined;
  readonly groupsFilter: RegExp | undefined;
  readonly egress: EgressClientOptions;
}

/** Reads the files a configuration names. Rejects when one cannot be read. */
export async function readOidcSettings(config: OidcConnectorConfig): Promise<OidcSettings> {
  const authorities = await readAuthorities(config.rootCAs);
  const { groupsFilter } = config.claimModifications.filterGroupClaims;
  const prompt = config.promptType ?? 'consent';
  return {
    config,
    scopes: [...new Set(['openid', ...config.scopes])],
    offlinePrompt: prompt === '' ? undefined : prompt,
    groupsFilter: groupsFilter === undefined ? undefined : new RegExp(groupsFilter, 'u'),
    egress: {
      policy: 'operator',
      insecureSkipVerify: config.insecureSkipVerify,
      // Added to those of the system, as Dex does.
      ...(authorities.length > 0 ? { authorities: [...systemAuthorities(), ...authorities] } : {}),
    },
  };
}
