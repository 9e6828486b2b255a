import { type ConfigPath, type ConfigProblem, formatPath } from '../problem.ts';

/** Collects everything that is wrong or worth a warning, so that all of it is told at once. */
export interface Report {
  /** A problem; a second one at the same path is kept, both are true. The line is that of the path unless given. */
  problem(path: ConfigPath, message: string, line?: number): void;
  /** A problem that may follow from another: dropped when the path already has one, or it is explained. */
  derived(path: ConfigPath, message: string): void;
  /** Something that works, but that the person should know. */
  warning(path: ConfigPath, message: string): void;
  /** Marks a path as explained already: {@link Report.derived} problems there and below say nothing more. */
  explained(path: ConfigPath): void;
  /** Whether the path has a problem, or it or a block around it is explained. */
  isExplained(path: ConfigPath): boolean;
  /** Says that the value at this path came from elsewhere than the file (an environment variable, a flag). */
  origin(path: ConfigPath, source: string): void;
  /** Remembers the line of a path in the file. */
  line(path: ConfigPath, line: number): void;
  /** All problems, ordered by line and then by path. */
  problems(): readonly ConfigProblem[];
  warnings(): readonly string[];
}

interface Entry {
  readonly path: ConfigPath;
  readonly message: string;
  readonly line?: number;
}

/** Makes an empty {@link Report} for a file of that name. */
export function createReport(fileName: string): Report {
  const problems: Entry[] = [];
  const warnings: Entry[] = [];
  const faulty = new Set<string>();
  const explained = new Set<string>();
  const lines = new Map<string, number>();
  const origins = new Map<string, string>();

  const isExplained = (path: ConfigPath): boolean =>
    faulty.has(formatPath(path)) || path.some((_, index) => explained.has(formatPath(path.slice(0, index + 1))));

  const nearestLine = (path: ConfigPath): number | undefined => {
    for (let length = path.length; length > 0; length -= 1) {
      const line = lines.get(formatPath(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };

  const toProblem = ({ path, message, line = nearestLine(path) }: Entry): ConfigProblem => {
    const text = formatPath(path);
    const source = origins.get(text);
    if (source !== undefined) return { path: text, message: `${message} (from ${source})` };
    return { path: text, message, fileName, ...(line === undefined ? {} : { line }) };
  };

  const problem = (path: ConfigPath, message: string, line?: number): void => {
    problems.push(line === undefined ? { path, message } : { path, message, line });
    faulty.add(formatPath(path));
  };

  return {
    problem,
    derived(path, message) {
      if (!isExplained(path)) problem(path, message);
    },
    warning(path, message) {
      warnings.push({ path, message });
    },
    explained(path) {
      explained.add(formatPath(path));
    },
    isExplained,
    origin(path, source) {
      origins.set(formatPath(path), source);
    },
    line(path, line) {
      lines.set(formatPath(path), line);
    },
    problems: () => problems.map(toProblem).toSorted(byPlace),
    warnings: () =>
      warnings
        .map(toProblem)
        .toSorted(byPlace)
        .map(({ path, message, line }) => `${line === undefined ? '' : `line ${line}: `}${path} ${message}`),
  };
}

function byPlace(left: ConfigProblem, right: ConfigProblem): number {
  return (left.line ?? 0) - (right.line ?? 0) || compareText(left.path, right.path);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
