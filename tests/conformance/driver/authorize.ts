import { randomBytes } from 'node:crypto';
import type { PlanEntry } from '../plans.ts';
import { CLIENT, type ConformanceClient } from '../system.ts';
import type { ModuleRun } from './module-run.ts';
import type { Person, Visit, VisitChoices } from './person.ts';
import type { Provider } from './provider.ts';

/** How a module asks. */
export interface RequestChoices extends VisitChoices {
  /** The shared person who is signed in at the client when left out. */
  readonly person?: Person;
  readonly client?: ConformanceClient;
  /** `openid` when left out. */
  readonly scope?: string;
  /** Further parameters; undefined leaves one out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** Claims about the person that are asked for by name (OIDC Core §5.5), and where they are expected. */
  readonly idTokenClaims?: readonly string[];
  readonly userinfoClaims?: readonly string[];
  /** GET when left out. */
  readonly method?: 'GET' | 'POST';
  /** Changes the order in which the parameters stand. */
  readonly isReversed?: boolean;
}

/** An authorization request as it was sent, with what its answer is compared with. */
export interface AuthorizationRequest {
  readonly provider: Provider;
  readonly entry: PlanEntry;
  readonly client: ConformanceClient;
  readonly redirectUri: string;
  readonly scope: string;
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly idTokenClaims: readonly string[];
  readonly userinfoClaims: readonly string[];
  readonly person: Person;
  readonly visit: Visit;
}

/** Sends a person to the authorization endpoint, with `state` and `nonce` (OIDC Core §3.1.2.1). */
export async function authorize(run: ModuleRun, choices: RequestChoices = {}): Promise<AuthorizationRequest> {
  const { provider, entry, redirectUri } = run;
  const { client = CLIENT, scope = 'openid' } = choices;
  const person = choices.person ?? (await run.signedIn(client));
  const parameters: Record<string, string | undefined> = {
    client_id: client.id,
    redirect_uri: redirectUri,
    response_type: entry.responseType,
    ...(entry.responseMode === 'default' ? {} : { response_mode: entry.responseMode }),
    scope,
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    ...choices.parameters,
  };
  const url = authorizationUrl(provider, parameters, choices.isReversed === true);
  const visit = await (choices.method === 'POST' ? person.post(url, choices) : person.visit(url, choices));
  return {
    provider,
    entry,
    client,
    redirectUri,
    scope,
    state: parameters['state'],
    nonce: parameters['nonce'],
    idTokenClaims: choices.idTokenClaims ?? [],
    userinfoClaims: choices.userinfoClaims ?? [],
    person,
    visit,
  };
}

function authorizationUrl(
  provider: Provider,
  parameters: Readonly<Record<string, string | undefined>>,
  isReversed: boolean,
): URL {
  const url = new URL(provider.endpoint('authorization_endpoint'));
  const present = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  url.search = new URLSearchParams(isReversed ? present.toReversed() : present).toString();
  return url;
}
