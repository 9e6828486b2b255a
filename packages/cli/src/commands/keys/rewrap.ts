import type { SealingDescription } from '@tessera/keys';
import { CommandFailure } from '../../command-line/failure.ts';
import type { Terminal } from '../../command-line/terminal.ts';
import type { KeyAuthority } from './key-authority.ts';
import { sealingSections, sectionsAsText } from './list-keys.ts';

/**
 * Seals everything anew that is not under the key-encryption key that seals, and says which keys are not needed any more.
 * Throws CommandFailure, and nothing is changed, when something does not open.
 */
export async function rewrap(
  authority: KeyAuthority,
  { isDryRun }: { readonly isDryRun: boolean },
  terminal: Terminal,
): Promise<void> {
  const before = await authority.describeSealing();
  const unopened = before.documents.filter(({ state }) => state === 'unopened').map(({ name }) => name);
  if (isDryRun || unopened.length > 0) printSealing(before, terminal);
  if (unopened.length > 0) {
    throw new CommandFailure(
      `Nothing was changed: ${unopened.join(', ')} cannot be opened. Name the key it is sealed under in keyEncryption.alsoOpens.`,
    );
  }
  if (isDryRun) {
    const former = before.documents.filter(({ state }) => state === 'former').map(({ name }) => name);
    const would = former.length === 0 ? 'There is nothing to do' : `This would seal anew: ${former.join(', ')}`;
    terminal.out(`\n${would}. Nothing was changed: this was a dry run.`);
    return;
  }
  const resealed = await authority.reseal();
  printSealing(await authority.describeSealing(), terminal);
  const done = resealed.length === 0 ? 'There was nothing to do' : `Sealed anew: ${resealed.join(', ')}`;
  terminal.out(
    `\n${done}. Everything is under the key that seals; those that only open are not needed for it any more.`,
  );
}

function printSealing(sealing: SealingDescription, terminal: Terminal): void {
  terminal.out(sectionsAsText(sealingSections(sealing)));
}
