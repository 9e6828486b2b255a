import { setTimeout as sleep } from 'node:timers/promises';

/** What a client library does by itself, and how often it had to. */
export interface Patience {
  /** Sends a request again where that is due; for everything a client sends. */
  readonly fetch: typeof fetch;
  /** Each request that was sent again, with what had come of it. */
  readonly repeated: readonly string[];
  readonly requests: number;
}

const ATTEMPTS = 4;
const PAUSE_MS = 200;
/** RFC 9110 §15.6: the gateway got no answer, or the service says to come again. */
const PASSING = new Set([502, 503, 504]);

/** Requests that are sent again when there was no answer, or one that says to come again; four times at most. */
export function createPatience(): Patience {
  const repeated: string[] = [];
  let requests = 0;
  const insist = async (input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
    requests += 1;
    const place = `${init?.method ?? 'GET'} ${new URL(input instanceof Request ? input.url : input).pathname}`;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await fetch(input, init).catch((error: unknown) => String(error));
      const isAnswer = typeof outcome !== 'string' && !PASSING.has(outcome.status);
      if (isAnswer) return outcome;
      repeated.push(`${place}: ${typeof outcome === 'string' ? outcome : outcome.status}`);
      if (attempt < ATTEMPTS) await sleep(PAUSE_MS);
      else if (typeof outcome === 'string') throw new Error(outcome);
      else return outcome;
    }
  };
  return {
    fetch: insist,
    repeated,
    get requests() {
      return requests;
    },
  };
}
