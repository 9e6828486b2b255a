import type { Client } from '@tessera/oauth';
import type { Flows } from '../flow/flows.ts';
import type { AuthorizePorts } from '../ports.ts';
import type { BrowserSessions } from '../session/browser-sessions.ts';
import type { Site } from '../site.ts';
import type { Views } from '../views/create-views.ts';

/** What every endpoint works with. */
export interface EndpointContext extends AuthorizePorts {
  readonly flows: Flows;
  readonly site: Site;
  readonly views: Views;
  readonly sessions: BrowserSessions;
  /** The `sub` by which a client knows a person (OIDC Core §8). */
  readonly subjectAt: (client: Client, subject: string) => string;
}
