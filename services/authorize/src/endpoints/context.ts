import type { Authorization } from '@tessera/contracts';
import type { HttpRequest, HttpResponse } from '@tessera/http';
import type { Client } from '@tessera/oauth';
import type { Flow } from '../flow/flow.ts';
import type { Flows } from '../flow/flows.ts';
import type { AuthorizePorts } from '../ports.ts';
import type { BrowserSessions } from '../session/browser-sessions.ts';
import type { Site } from '../site.ts';
import type { Views } from '../views/create-views.ts';
import type { Step } from './step.ts';

/** What every endpoint works with. */
export interface EndpointContext extends AuthorizePorts {
  readonly flows: Flows;
  readonly site: Site;
  readonly views: Views;
  readonly sessions: BrowserSessions;
  /** The `sub` by which a client knows a person (OIDC Core §8). */
  readonly subjectAt: (client: Client, subject: string) => string;
  /** `session_state` of a flow's answer (OIDC Session Management §3.2); undefined = the answer has none. */
  readonly sessionState?: (flow: Flow) => string | undefined;
  /**
   * Ends the flow of a device (RFC 8628 §3.3): tells the device what the person decided (undefined = no), and the person to go
   * back to it. `whenEnded` runs for the one that decides, before the answer.
   */
  readonly finishDeviceFlow?: (
    request: HttpRequest,
    step: Step,
    authorization: Authorization | undefined,
    whenEnded?: () => Promise<void> | void,
  ) => Promise<HttpResponse>;
}
