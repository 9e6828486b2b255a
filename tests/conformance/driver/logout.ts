import { decodeHtml, type Page } from '@tessera/testkit';
import { CLIENT, CLIENT_PATHS, type ConformanceClient } from '../system.ts';
import { completeFlow, type FlowResult } from './flow.ts';
import type { ModuleRun } from './module-run.ts';
import type { Person } from './person.ts';

/** How a visit of the logout endpoint ended. */
export interface LogoutVisit {
  /** Whether the person was asked. */
  readonly wasAsked: boolean;
  /** The addresses of the frames on the way. */
  readonly frames: readonly URL[];
  /** Where the client was called; undefined when the visit ended on a page of the issuer's. */
  readonly sentTo: URL | undefined;
  readonly lastPage: Page;
}

/** Somebody who signed in at a client, and what the client got. */
export interface SignedIn {
  readonly run: ModuleRun;
  readonly client: ConformanceClient;
  readonly person: Person;
  readonly flow: FlowResult;
}

/** Signs somebody in whose session is their own. */
export async function signInToLeave(run: ModuleRun, client: ConformanceClient = CLIENT): Promise<SignedIn> {
  const person = run.newPerson();
  return { run, client, person, flow: await completeFlow(run, { person, client }) };
}

/** The address of the clients to come back to. */
export function postLogoutUri({ system }: ModuleRun): string {
  return `${system.clientOrigin}${CLIENT_PATHS.postLogout}`;
}

/** The address of a logout request (OIDC RP-Initiated Logout §2). */
export function logoutUrl({ provider }: ModuleRun, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(provider.endpoint('end_session_endpoint'));
  url.search = new URLSearchParams(parameters).toString();
  return url;
}

/** Sends the person to the logout endpoint; asked, they say yes. Frames are loaded as a browser would. */
export async function logOut(
  { run, person }: Pick<SignedIn, 'run' | 'person'>,
  parameters: Readonly<Record<string, string>>,
): Promise<LogoutVisit> {
  const stopAt = run.system.clientOrigin;
  let page = await person.agent.get(logoutUrl(run, parameters), { stopAt });
  const wasAsked = page.body.includes('id="logout-form"');
  if (wasAsked) page = await person.agent.submit(page.form('hmac'), { stopAt, button: 'logout' });
  const frames = [...page.body.matchAll(/<iframe [^>]*src="([^"]*)"/g)].map(([, src = '']) => new URL(decodeHtml(src)));
  for (const frame of frames) await fetch(frame);
  const next = page.body.includes('id="logout-frames-text"') ? continuation(page) : undefined;
  const sentTo = page.isStopped ? page.url : next;
  return { wasAsked, frames, sentTo, lastPage: page };
}

/** Where a page with frames goes on to by itself: what it says to browsers without script. */
function continuation(page: Page): URL {
  const target = /^\d+;url=(.+)$/.exec(page.headers.get('refresh') ?? '')?.[1];
  if (target === undefined) throw new Error('the page does not go on by itself');
  return new URL(target, page.url);
}
