import { systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { configFileArgument, parseArguments, usageFailure } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { type OpenedExport, openExport } from '../portable/export-stream.ts';
import { importEntries } from '../portable/import-entries.ts';
import { type ImportTarget, storeTarget, trialTarget } from '../portable/import-target.ts';
import { readInput } from '../portable/input-file.ts';
import { interruptible } from '../portable/interruptible.ts';
import { assertOutlivesProcess, presentSchema, withMigratedStore, withPresentStore } from '../portable/open-durable.ts';
import { STANDARD_STREAM } from '../portable/output-file.ts';
import { readPassphrase } from '../portable/passphrase.ts';
import type { PortableEntry } from '../portable/portable-entry.ts';
import { startProgress } from '../portable/progress.ts';
import { assertSameKeyEncryption, isWrapped, withKeySetsChecked } from '../portable/same-key-encryption.ts';
import { createTally } from '../portable/tally.ts';

/** What is to be read, and where to. */
interface Job {
  readonly config: TesseraConfig;
  readonly terminal: Terminal;
  readonly opened: OpenedExport;
  readonly passphrase: string;
  readonly isTrial: boolean;
}

/**
 * `tessera import`: brings an export into the configured durable store. What is there already stays as it is. With
 * `--dry-run` the whole file is read and nothing is written.
 */
export const importStore: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, {
    config: { type: 'string' },
    input: { type: 'string', short: 'i' },
    'passphrase-file': { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  });
  const fileName = configFileArgument(values.config, positionals);
  const { input, 'passphrase-file': passphraseFile, 'dry-run': isTrial } = values;
  if (input === undefined || input === '') throw usageFailure('Name the file to read with --input FILE');
  if (input === STANDARD_STREAM && passphraseFile === undefined) {
    throw usageFailure('Name the file of the passphrase with --passphrase-file: standard input is the export');
  }
  const { config } = loadConfiguration(fileName, terminal.env, { secretsOf: ['migration'] });
  assertOutlivesProcess(config);
  const bytes = readInput(input, terminal);
  try {
    const opened = await openExport(bytes);
    if (!isWrapped(config)) await assertSameKeyEncryption(config, opened.header);
    const passphrase = await readPassphrase({ terminal, file: passphraseFile });
    await importInto({ config, terminal, opened, passphrase, isTrial });
    return 0;
  } finally {
    await bytes.return(undefined);
  }
};

async function importInto(job: Job): Promise<void> {
  const { config } = job;
  if (!job.isTrial) {
    await withMigratedStore(config, 'import', (store) => runImport(job, storeTarget(store, systemClock)));
    return;
  }
  const { applied } = await presentSchema(config, 'import');
  if (applied === 0) await runImport(job, trialTarget(undefined, systemClock));
  else await withPresentStore(config, 'import', (store) => runImport(job, trialTarget(store, systemClock)));
}

async function runImport({ config, terminal, opened, passphrase, isTrial }: Job, target: ImportTarget): Promise<void> {
  const { header } = opened;
  const tally = createTally();
  const takesEvents = config.events !== undefined;
  const stopProgress = startProgress(terminal, systemClock, () => `Read so far: ${tally.progress()}`);
  try {
    await interruptible(terminal, (signal) =>
      importEntries(entriesOf(opened, passphrase, config), { target, tally, takesEvents, signal }),
    );
  } finally {
    stopProgress();
  }
  const state = header.isRetired ? 'which refused changes from then on' : 'a backup of a store in use';
  terminal.out(`Export of ${header.source} made at ${header.createdAt.toISOString()}, ${state}.`);
  terminal.out(
    isTrial
      ? `To be imported into ${config.storage.type}; nothing was written:`
      : `Imported into ${config.storage.type}:`,
  );
  for (const line of tally.table(true)) terminal.out(line);
  if (!takesEvents) terminal.out('Events are left out: the configuration names no place to send them to.');
}

function entriesOf(opened: OpenedExport, passphrase: string, config: TesseraConfig): AsyncIterable<PortableEntry> {
  const entries = opened.entries(passphrase);
  if (!isWrapped(config)) return entries;
  return withKeySetsChecked(entries, (keySets) => assertSameKeyEncryption(config, opened.header, keySets));
}
