/** A mapping that failed while it was evaluated. No value stands in it. */
export interface MappingFailure {
  /** Where the mapping stands, e.g. `claims.mappings`, or the client's id. */
  readonly where: string;
  readonly claim: string;
  /** What went wrong, in words of ours or of the evaluation (`no_such_key`); never a value. */
  readonly fault: string;
}

/** Told of each failure. Must not throw. */
export type ReportMappingFailure = (failure: MappingFailure) => void;

/** Mappings that are remembered as reported; beyond them nothing is reported any more. */
const MAX_REPORTED = 1000;

/** Passes on each mapping's first failure alone, so that a broken expression does not fill the log. */
export function createOnceReporter(report: ReportMappingFailure): ReportMappingFailure {
  const reported = new Set<string>();
  return (failure) => {
    const key = JSON.stringify([failure.where, failure.claim]);
    if (reported.has(key) || reported.size >= MAX_REPORTED) return;
    reported.add(key);
    report(failure);
  };
}
