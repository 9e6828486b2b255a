import type { Flows } from '../flow/flows.ts';
import type { AuthorizePorts } from '../ports.ts';
import type { Site } from '../site.ts';
import type { Views } from '../views/create-views.ts';

/** What every endpoint works with. */
export interface EndpointContext extends AuthorizePorts {
  readonly flows: Flows;
  readonly site: Site;
  readonly views: Views;
}
