/** What the load generator is to do. */
export interface LoadPlan {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** One refresh token for each caller. */
  readonly refreshTokens: readonly string[];
}

/** What the generator saw while it measured. Latencies are in milliseconds. */
export interface LoadResult {
  readonly operations: number;
  readonly durationMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Answers that were not a full token response, from the first request on. */
  readonly errors: number;
  /** What the first few of them were: status and error code, or the failure of the connection. */
  readonly samples: readonly string[];
}

/** Orders to the generator's process. */
export type LoadOrder =
  | { readonly type: 'run'; readonly plan: LoadPlan }
  | { readonly type: 'measure' }
  | { readonly type: 'stop' };

/** What it answers. `measured` comes once counting has ended, `finished` when all callers are done. */
export type LoadReport =
  | { readonly type: 'running' }
  | { readonly type: 'measuring' }
  | { readonly type: 'measured' }
  | { readonly type: 'finished'; readonly result: LoadResult };
