import { eventReference } from '@tessera/events';
import type { CommandRun } from '../command-line/command.ts';

/** `tessera event-reference` */
export const printEventReference: CommandRun = async (_args, terminal) => {
  terminal.out(`# Security events

What happened, for those who watch over an installation. Where events go is said by \`events\` in the
[configuration](configuration.md); without it none are kept. This page is made from the schemas by \`npm run generate\`.

An event is delivered at least once. No event holds a secret, a token, a password, or a name that was typed into a form.

${eventReference().trimEnd()}`);
  return 0;
};
