import { EgressError } from './egress-error.ts';

/** Runs work while there is room for one more call to its host. */
export type CallLimit = <T>(host: string, work: () => Promise<T>) => Promise<T>;

/** How many calls may run at one time. */
export interface CallLimitOptions {
  readonly perHost: number;
  /** To all hosts together. */
  readonly total: number;
}

/**
 * Keeps a host that does not answer from collecting calls. Nobody waits for room: a call too many rejects at once with
 * {@link EgressError} `too-many`. It remembers as many hosts as there are calls running.
 */
export function createCallLimit({ perHost, total }: CallLimitOptions): CallLimit {
  const running = new Map<string, number>();
  let all = 0;
  return async (host, work) => {
    const before = running.get(host) ?? 0;
    if (before >= perHost || all >= total) throw new EgressError('too-many', `too many calls at one time to ${host}`);
    running.set(host, before + 1);
    all += 1;
    try {
      return await work();
    } finally {
      all -= 1;
      const left = (running.get(host) ?? 1) - 1;
      if (left === 0) running.delete(host);
      else running.set(host, left);
    }
  };
}
