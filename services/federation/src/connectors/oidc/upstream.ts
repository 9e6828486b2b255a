import type { Clock } from '@tessera/clock';
import type { EgressClient } from '@tessera/egress';
import type { OidcSettings } from './config.ts';
import type { Discovery } from './discovery.ts';
import type { UpstreamKeys } from './upstream-keys.ts';

/** What a connector works with. */
export interface OidcSurroundings {
  readonly settings: OidcSettings;
  /** Closed with the connector. */
  readonly client: EgressClient;
  readonly clock: Clock;
}

/** The provider of one connector: how to reach it, and what is kept of it. */
export interface Upstream extends OidcSurroundings {
  readonly discover: Discovery;
  readonly keys: UpstreamKeys;
}
