import type { Command } from './command.ts';
import { commands } from './command-table.ts';

/** The help: each command with its arguments and what it does. */
export function helpText(): string {
  return ['Tessera: an OpenID Connect and OAuth 2 identity system.', '', ...commands.flatMap(entry)].join('\n');
}

/** The help of one command. */
export function commandHelpText(command: Command): string {
  return entry(command).join('\n');
}

function entry({ name, usage, summary }: Command): readonly string[] {
  const usages = typeof usage === 'string' ? [usage] : usage;
  return [...usages.map((text) => `  tessera ${name} ${text}`.trimEnd()), `      ${summary}`];
}
