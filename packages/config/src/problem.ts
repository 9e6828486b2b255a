/** One thing that is wrong with the configuration. The message never contains a secret. */
export interface ConfigProblem {
  /** Where, in canonical key names: `connectors[0].config.userSearch.baseDN`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what to do, as the rest of a sentence that begins with the path. */
  readonly message: string;
  /** Line in the file, from 1, of the key itself or of the nearest block around it that exists. */
  readonly line?: number;
  /** Name of the file as it was given. */
  readonly fileName?: string;
}

/** A path from the root of the file: key names and list positions. */
export type ConfigPath = readonly (string | number)[];

/** Writes a path for people: `['connectors', 0, 'config']` → `connectors[0].config`. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/**
 * The text printed for people: a heading with the count, then one line for each problem in the order of the file. A single
 * problem of the file as a whole is one line.
 */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const [first] = problems;
  if (problems.length === 1 && first?.path === '' && first.line === undefined && first.fileName !== undefined) {
    return `${first.fileName}: ${first.message}`;
  }
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const fileNames = new Set(problems.map((problem) => problem.fileName));
  const [only] = fileNames;
  const heading =
    fileNames.size === 1 && only !== undefined
      ? `${only}: ${count} in the configuration`
      : `${count} in the configuration`;
  return [heading, ...problems.map((problem) => `  ${formatProblem(problem)}`)].join('\n');
}

function formatProblem({ path, message, line }: ConfigProblem): string {
  const where = line === undefined ? '' : `line ${line}: `;
  return path === '' ? `${where}${message}` : `${where}${path} ${message}`;
}
