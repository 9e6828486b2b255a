import { commands } from './command-table.ts';

/** The help: each command with its arguments and what it does. */
export function helpText(): string {
  const entries = commands.flatMap(({ name, usage, summary }) => [
    `  tessera ${name} ${usage}`.trimEnd(),
    `      ${summary}`,
  ]);
  return ['Tessera: an OpenID Connect and OAuth 2 identity system.', '', ...entries].join('\n');
}
