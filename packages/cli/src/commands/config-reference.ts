import { configReference } from '@tessera/config';
import type { CommandRun } from '../command-line/command.ts';

/** `tessera config-reference` */
export const printConfigReference: CommandRun = async (_args, terminal) => {
  terminal.out(`# Configuration reference

Every key of the configuration file. Keys match without regard to case; durations are written as \`90s\`, \`10m\` or \`24h\`.
This page is made from the schema by \`npm run generate\`.

${configReference().trimEnd()}`);
  return 0;
};
