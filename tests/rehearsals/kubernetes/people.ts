import { setTimeout as sleep } from 'node:timers/promises';
import { createUserAgent } from '@tessera/testkit';
import * as client from 'openid-client';
import { walkPages } from '../../support/sign-in.ts';

/** Where people sign in, and to what. */
export interface SignInPlace {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly login: string;
  readonly password: string;
}

/** Something that was asked of Tessera. */
export type Request = 'sign-in' | 'code' | 'refresh' | 'userinfo' | 'discovery';

/** People and applications at work, until they are told to end. */
export interface Traffic {
  /** How often each thing was asked and answered well. */
  counts(): Readonly<Record<Request, number>>;
  /** What went wrong, a line each. */
  readonly failures: readonly string[];
  /** Waits until that many more requests were answered well. */
  served(requests: number): Promise<void>;
  end(): Promise<void>;
}

const PAUSE_MS = 60;
const SIGN_IN_PAUSE_MS = 400;
const SERVED_TIMEOUT_MS = 120_000;

/**
 * Starts applications that each have signed a person in and then refresh and ask who it is, and others where people sign in
 * again and again. All of them use openid-client as it comes; nobody asks twice when something went wrong.
 */
export async function startTraffic(place: SignInPlace, applications: number, arrivals: number): Promise<Traffic> {
  const counts: Record<Request, number> = { 'sign-in': 0, code: 0, refresh: 0, userinfo: 0, discovery: 0 };
  const failures: string[] = [];
  let isRunning = true;
  const startedMs = performance.now();
  const ask = async <T>(request: Request, work: () => Promise<T>): Promise<T | undefined> => {
    const beganMs = performance.now();
    try {
      const answer = await work();
      counts[request] += 1;
      return answer;
    } catch (error) {
      const [at, took] = [beganMs - startedMs, performance.now() - beganMs].map((ms) => (ms / 1000).toFixed(2));
      failures.push(`${new Date().toISOString()} after ${at} s: ${request} failed in ${took} s: ${reasonOf(error)}`);
      return undefined;
    }
  };
  const config = await discover(place);
  const signIn = async (): Promise<Tokens | undefined> => {
    const attempt = await beginAttempt(place);
    const url = await ask('sign-in', () => walk(config, attempt, place));
    return url === undefined
      ? undefined
      : ask('code', () => client.authorizationCodeGrant(config, url, attempt.checks));
  };
  const keepRefreshing = async (): Promise<void> => {
    let tokens: Tokens | undefined;
    while (isRunning) {
      const held: Tokens | undefined = tokens ?? (await signIn());
      if (held?.refresh_token !== undefined) {
        const { refresh_token: token } = held;
        tokens = await ask('refresh', () => client.refreshTokenGrant(config, token));
        const subject = held.claims()?.sub ?? '';
        const access = tokens?.access_token ?? held.access_token;
        await ask('userinfo', () => client.fetchUserInfo(config, access, subject));
      }
      await sleep(PAUSE_MS);
    }
  };
  const keepArriving = async (): Promise<void> => {
    for (; isRunning; await sleep(SIGN_IN_PAUSE_MS)) {
      await ask('discovery', () => discover(place));
      await signIn();
    }
  };
  const workers = [
    ...Array.from({ length: applications }, keepRefreshing),
    ...Array.from({ length: arrivals }, keepArriving),
  ];
  const total = (): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    counts: () => ({ ...counts }),
    failures,
    async served(requests) {
      const enough = total() + requests;
      for (const deadlineMs = performance.now() + SERVED_TIMEOUT_MS; total() < enough; await sleep(PAUSE_MS)) {
        if (performance.now() > deadlineMs)
          throw new Error(`nobody is served any more: ${failures.slice(-5).join('\n')}`);
      }
    },
    async end() {
      isRunning = false;
      await Promise.all(workers);
    },
  };
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

function discover({ issuer, clientId }: SignInPlace): Promise<client.Configuration> {
  const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
  return client.discovery(new URL(issuer), clientId, {}, client.None(), { execute });
}

interface Attempt {
  readonly parameters: Record<string, string>;
  readonly checks: client.AuthorizationCodeGrantChecks;
}

async function beginAttempt({ redirectUri }: SignInPlace): Promise<Attempt> {
  const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()];
  return {
    parameters: {
      redirect_uri: redirectUri,
      scope: 'openid email profile groups offline_access',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    },
    checks: { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
  };
}

/** A person's way through the pages; the address with the code at its end. */
async function walk(config: client.Configuration, { parameters }: Attempt, place: SignInPlace): Promise<URL> {
  const agent = createUserAgent({ stopAt: place.redirectUri });
  const page = await walkPages(agent, client.buildAuthorizationUrl(config, parameters), place);
  if (!page.isStopped) throw new Error(`${page.url.pathname} answered ${page.status}: ${page.body.slice(0, 300)}`);
  return page.url;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  const status = 'status' in error ? ` ${String(error.status)}` : '';
  return `${error.message}${code}${status}${cause === undefined ? '' : `, as ${describeCause(cause)}`}`;
}

function describeCause(cause: unknown): string {
  if (cause instanceof Error) return reasonOf(cause);
  if (cause instanceof Response) return `the answer was ${cause.status}`;
  return JSON.stringify(cause).slice(0, 300);
}
