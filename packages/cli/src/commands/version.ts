import { readFile } from 'node:fs/promises';
import type { CommandRun } from '../command-line/command.ts';

/** `tessera version` */
export const printVersion: CommandRun = async (_args, terminal) => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  terminal.out(`tessera ${version} (node ${process.versions.node}, ${process.platform} ${process.arch})`);
  return 0;
};
