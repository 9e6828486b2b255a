/** Why nothing usable came back. `too-many`: nothing was sent, as too many calls were running. */
export type EgressProblem = 'refused' | 'unreachable' | 'too-slow' | 'too-large' | 'too-many';

/** A failed request. The message names the host and never anything of the answer. */
export class EgressError extends Error {
  readonly problem: EgressProblem;

  constructor(problem: EgressProblem, message: string, cause?: unknown) {
    super(`${problem}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'EgressError';
    this.problem = problem;
  }
}
