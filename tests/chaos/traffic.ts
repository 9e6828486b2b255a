import { setTimeout as sleep } from 'node:timers/promises';
import { createUserAgent } from '@tessera/testkit';
import {
  authorizationUrl,
  codeOf,
  type JsonAnswer,
  post,
  redeem,
  refresh,
  signInForTokens,
} from '../support/sign-in.ts';
import { ADMIN, CALLBACK } from '../support/system-config.ts';

/** What is asked for: a refresh, a redemption, a look at a token, a whole sign-in, a document that is public. */
export type Request = 'refresh' | 'redeem' | 'introspect' | 'sign-in' | 'public';

/** One answer. */
export interface Answer {
  readonly request: Request;
  /** 0: none. */
  readonly status: number;
  readonly error: unknown;
  readonly retryAfter: string | null;
  readonly tookMs: number;
}

/** The tokens of one sign-in. */
export interface Family {
  /** What was answered last. */
  current: string;
  /** Those it replaced, the oldest first. */
  readonly spent: string[];
}

/** Applications and people at work, until they are told to end. */
export interface Traffic {
  /** Everything since the last call of `forget`. */
  readonly answers: readonly Answer[];
  /** Most looks at tokens that waited for an answer at one time; they begin at a fixed rate, whatever comes back. */
  readonly mostInFlight: number;
  forget(): void;
  /** Answers with this status to this request, since the last call of `forget`. */
  count(request: Request, status: number): number;
  /** Ends it. Gives every family there is. */
  end(): Promise<readonly Family[]>;
}

const REFRESH_PAUSE_MS = 50;
const SIGN_IN_PAUSE_MS = 300;
const LOOK_PAUSE_MS = 40;

/** Starts applications that refresh, people who sign in, and a resource server that looks at tokens at a fixed rate. */
export async function startTraffic(issuer: string, applications: number): Promise<Traffic> {
  const families: Family[] = [];
  for (let count = 0; count < applications; count += 1) {
    families.push({ current: (await signInForTokens({ issuer })).refresh_token, spent: [] });
  }
  const { access_token: looked } = await signInForTokens({ issuer });
  let answers: Answer[] = [];
  let isRunning = true;
  let inFlight = 0;
  let mostInFlight = 0;
  const ask = async (request: Request, work: () => Promise<Answered>): Promise<Answered> => {
    const startedMs = performance.now();
    const answer = await work().catch((thrown: unknown): Answered => ({ ...NO_ANSWER, error: String(thrown) }));
    const { status, error, retryAfter } = answer;
    answers.push({ request, status, error, retryAfter, tookMs: performance.now() - startedMs });
    return answer;
  };
  const keepRefreshing = async (family: Family): Promise<void> => {
    while (isRunning) {
      const { status, token } = await ask('refresh', async () => answered(await refresh(issuer, family.current)));
      if (status === 200) {
        family.spent.push(family.current);
        family.current = token;
      }
      await sleep(REFRESH_PAUSE_MS);
    }
  };
  const keepSigningIn = async (): Promise<void> => {
    while (isRunning) {
      const { code } = await ask('sign-in', () => signInOnce(issuer));
      for (let isRedeemed = code === ''; !isRedeemed && isRunning; await sleep(REFRESH_PAUSE_MS)) {
        const { status, token } = await ask('redeem', async () => answered(await redeem(issuer, code)));
        if (status === 200) families.push({ current: token, spent: [] });
        isRedeemed = status > 0 && status < 500;
      }
      await sleep(SIGN_IN_PAUSE_MS);
    }
  };
  const looks: Promise<unknown>[] = [];
  const look = async (): Promise<void> => {
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    await ask('introspect', async () => answered(await post(`${issuer}/token/introspect`, { token: looked })));
    inFlight -= 1;
  };
  const keepLooking = async (): Promise<void> => {
    for (; isRunning; await sleep(LOOK_PAUSE_MS)) looks.push(look());
  };
  const keepReading = async (): Promise<void> => {
    for (; isRunning; await sleep(SIGN_IN_PAUSE_MS)) {
      for (const path of PUBLIC_PATHS) await ask('public', () => read(`${issuer}${path}`));
    }
  };
  const workers = [...families.map(keepRefreshing), keepSigningIn(), keepSigningIn(), keepLooking(), keepReading()];
  return {
    get answers() {
      return answers;
    },
    get mostInFlight() {
      return mostInFlight;
    },
    forget() {
      answers = [];
      mostInFlight = inFlight;
    },
    count: (request, status) => answers.filter((one) => one.request === request && one.status === status).length,
    async end() {
      isRunning = false;
      await Promise.all(workers);
      await Promise.all(looks);
      return families;
    },
  };
}

/** What nobody needs a store for; the last says whether the keys can do their work. */
const PUBLIC_PATHS = ['/keys', '/.well-known/openid-configuration', '/healthz'];

interface Answered extends Omit<Answer, 'request' | 'tookMs'> {
  readonly token: string;
  readonly code: string;
}

const NO_ANSWER: Answered = { status: 0, error: undefined, retryAfter: null, token: '', code: '' };

function answered({ status, headers, body }: JsonAnswer): Answered {
  const { refresh_token: token } = body;
  return {
    status,
    error: body['error'],
    retryAfter: headers.get('retry-after'),
    token: typeof token === 'string' ? token : '',
    code: '',
  };
}

async function read(url: string): Promise<Answered> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return { ...NO_ANSWER, status: response.status };
}

/** A sign-in that ends with a code is a 200 here; one that ends at a page has the status of that page. */
async function signInOnce(issuer: string): Promise<Answered> {
  const agent = createUserAgent({ stopAt: CALLBACK });
  let page = await agent.get(authorizationUrl({ issuer }));
  if (!page.isStopped && page.status === 200) {
    page = await agent.submit(page.form('login', 'password'), { fields: ADMIN });
  }
  if (!page.isStopped && page.status === 200)
    page = await agent.submit(page.form('req', 'hmac'), { button: 'approval' });
  return page.isStopped
    ? { ...NO_ANSWER, status: 200, code: codeOf(page.url) }
    : { ...NO_ANSWER, status: page.status, retryAfter: page.headers.get('retry-after') };
}

/** The time within which so many of the answers came, in milliseconds; 0 when there are none. */
export function quantileMs(answers: readonly Answer[], part: number): number {
  const sorted = answers.map(({ tookMs }) => tookMs).toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
