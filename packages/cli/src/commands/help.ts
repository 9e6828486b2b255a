import type { CommandRun } from '../command-line/command.ts';
import { helpText } from '../command-line/help.ts';

/** `tessera help` */
export const printHelp: CommandRun = async (_args, terminal) => {
  terminal.out(helpText());
  return 0;
};
