import type { Page } from 'playwright-core';
import type { PlanEntry } from '../plans.ts';
import { CLIENT, CLIENT_PATHS, type ConformanceClient, type ConformanceSystem } from '../system.ts';
import type { ClientListener } from './listener.ts';
import { createPerson, type Person } from './person.ts';
import type { Provider } from './provider.ts';

/** What a module has at hand. */
export interface ModuleRun {
  readonly provider: Provider;
  readonly entry: PlanEntry;
  readonly system: ConformanceSystem;
  readonly listener: ClientListener;
  readonly redirectUri: string;
  /** A page of a real browser that nobody is signed in to. */
  openScreen(): Promise<Page>;
  /** A person whose browser nobody is signed in to. */
  newPerson(): Person;
  /** A person who signed in at the client before and had their consent to everything remembered; the same one for all. */
  signedIn(client?: ConformanceClient): Promise<Person>;
  /** A person of their own who signed in at the client when the run began, so that nobody has to wait for time to pass. */
  signedInEarlier(): Promise<Person>;
}

/** The runs of one shape, which share its signed-in people. */
export interface Runs {
  of(entry: PlanEntry): ModuleRun;
}

/** Scopes of everything a module may ask for. */
export const ALL_SCOPES = 'openid profile email address phone';

/** What all runs of a shape have in common. */
export type SharedParts = Pick<ModuleRun, 'provider' | 'system' | 'listener' | 'openScreen'>;

/** Prepares the runs: `earlierPeople` sign in now. */
export async function createRuns(parts: SharedParts, earlierPeople = 0): Promise<Runs> {
  const redirectUri = `${parts.system.clientOrigin}${CLIENT_PATHS.callback}`;
  const newPerson = () => createPerson(redirectUri);
  const signIn = async (client: ConformanceClient): Promise<Person> => {
    const person = newPerson();
    await signInAt(person, { ...parts, redirectUri, client });
    return person;
  };
  const people = new Map<string, Promise<Person>>();
  const signedIn = (client: ConformanceClient = CLIENT): Promise<Person> => {
    const known = people.get(client.id) ?? signIn(client);
    people.set(client.id, known);
    return known;
  };
  // The first one has consents remembered, so that the others meet no page for them.
  await signedIn();
  const earlier = await Promise.all(Array.from({ length: earlierPeople }, () => signIn(CLIENT)));
  const signedInEarlier = async (): Promise<Person> => earlier.pop() ?? signIn(CLIENT);
  return { of: (entry) => ({ ...parts, entry, redirectUri, newPerson, signedIn, signedInEarlier }) };
}

/** Signs a person in and has them agree to everything that a module may ask for. */
async function signInAt(
  person: Person,
  {
    provider,
    redirectUri,
    client,
  }: Pick<ModuleRun, 'provider' | 'redirectUri'> & { readonly client: ConformanceClient },
): Promise<void> {
  const url = new URL(provider.endpoint('authorization_endpoint'));
  url.search = new URLSearchParams({
    client_id: client.id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: `${ALL_SCOPES} offline_access`,
  }).toString();
  const { answer } = await person.visit(url);
  if (answer?.parameters.has('code') !== true) throw new Error('the person could not sign in');
}
