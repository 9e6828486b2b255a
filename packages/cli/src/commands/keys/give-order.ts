import type { KeyOrder, OrderedChange, OrderPreview, SuccessionEffect } from '@tessera/keys';
import { CommandFailure } from '../../command-line/failure.ts';
import type { Terminal } from '../../command-line/terminal.ts';
import { momentText } from '../../command-line/text-table.ts';
import type { KeyAuthority } from './key-authority.ts';

/** How an order is given. */
export interface OrderManner {
  /** Whether nobody is asked. */
  readonly isAgreed: boolean;
  /** Whether nothing is done. */
  readonly isDryRun: boolean;
}

/**
 * Says what an order does and what it breaks, asks whether that is meant, and carries it out. Nobody is asked where nothing
 * breaks. Throws CommandFailure when the answer is not yes, and when something breaks and there is nobody to ask.
 */
export async function giveOrder(
  authority: KeyAuthority,
  order: KeyOrder,
  { isAgreed, isDryRun }: OrderManner,
  terminal: Terminal,
): Promise<void> {
  const preview = await authority.preview(order);
  terminal.out(describe(order, preview));
  if (isDryRun) {
    terminal.out('\nNothing was changed: this was a dry run.');
    return;
  }
  if (preview.warnings.length > 0 && !isAgreed) await assertAgreed(terminal);
  const changes = await authority.carryOut(order, preview);
  terminal.out(['\nDone:', ...outcomeLines(changes, preview)].join('\n'));
  const isOfSecrets = order.type === 'rotate-secrets' || order.type === 'revoke-secrets';
  terminal.out(
    `Running processes take it over within ${isOfSecrets ? 'two minutes' : 'half a minute, most of them at once'}.`,
  );
}

async function assertAgreed(terminal: Terminal): Promise<void> {
  if (!terminal.isInteractive) {
    throw new CommandFailure('Nothing was changed: there is nobody to ask. Add --yes if that is what you want.');
  }
  const answer = await terminal.readLine('\nDo it? Type yes: ');
  if (answer.trim().toLowerCase() !== 'yes') {
    throw new CommandFailure('Nothing was changed.', { exitCode: 1 });
  }
}

function outcomeLines(changes: readonly OrderedChange[], { successions }: OrderPreview): readonly string[] {
  if (changes.length === 0) return ['  there was nothing left to do'];
  const isMade = (keySet: string): boolean => changes.some((one) => one.keySet === keySet && one.step === 'created');
  const missing = successions.filter(({ keySet, successor }) => successor === undefined && !isMade(keySet));
  return [
    ...changes.map(changeLine),
    ...missing.map(
      ({ keySet }) => `  ${keySet}: no new key could be made, and nothing signs there until the signer answers`,
    ),
  ];
}

function changeLine({ keySet, kid, step }: OrderedChange): string {
  return `  ${keySet === 'secrets' ? `version ${kid} of the secrets` : `${kid} (signing:${keySet})`}: ${step}`;
}

function describe(order: KeyOrder, { successions, warnings }: OrderPreview): string {
  const consequences =
    warnings.length === 0
      ? ['This breaks nothing: nobody will notice.']
      : ['This breaks:', ...warnings.map((warning) => `  - ${warning}`)];
  return [sentenceOf(order), ...successions.map(successionLine), ...consequences].join('\n');
}

/** Who follows on whom, and when. */
function successionLine({ keySet, predecessor, successor, activeAt }: SuccessionEffect): string {
  const noun = keySet === 'secrets' ? 'version' : 'key';
  const next = successor === undefined ? `a new ${noun}` : `${noun} ${successor}`;
  const before = predecessor === undefined ? '' : ` in place of ${noun} ${predecessor}`;
  return `  - ${keySet}: ${next}${before}, from ${momentText(activeAt)}`;
}

function sentenceOf(order: KeyOrder): string {
  switch (order.type) {
    case 'rotate': {
      const which = order.algorithms === undefined ? 'every algorithm' : order.algorithms.join(', ');
      return order.urgency === 'now'
        ? `Another key signs at once, for ${which}.`
        : `Another key signs as soon as every relying party can know it, for ${which}.`;
    }
    case 'revoke':
      return `These keys sign no more and leave the key set at once: ${order.kids.join(', ')}.`;
    case 'rotate-secrets':
      return order.urgency === 'now'
        ? 'Another secret is used at once for codes, refresh tokens and cookies. What was made before stays good.'
        : 'Another secret is used for codes, refresh tokens and cookies as soon as every process knows it. What was made before stays good.';
    case 'revoke-secrets':
      return `These versions of the secrets are neither used nor accepted any more: ${order.versions.join(', ')}.`;
  }
}
