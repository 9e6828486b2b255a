import { systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { keyEncryptionFingerprint, ROOT_DOCUMENT } from '@tessera/keys';
import type { DurableStore } from '@tessera/storage';
import { configFileArgument, parseArguments, usageFailure } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/failure.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { exportStream, newKdf } from '../portable/export-stream.ts';
import { interruptible } from '../portable/interruptible.ts';
import { readKeySet } from '../portable/key-sets.ts';
import { assertOutlivesProcess, withPresentStore } from '../portable/open-durable.ts';
import { assertIsNew, STANDARD_STREAM, writeOutput } from '../portable/output-file.ts';
import { choosePassphrase } from '../portable/passphrase.ts';
import { derivePassphraseKey, NEW_COST } from '../portable/passphrase-key.ts';
import { startProgress } from '../portable/progress.ts';
import { createTally } from '../portable/tally.ts';
import { processLogger } from '../process/process-logger.ts';

/** What is to be written, and how. */
interface Job {
  readonly config: TesseraConfig;
  readonly terminal: Terminal;
  readonly output: string;
  readonly passphrase: string;
  readonly retires: boolean;
}

/**
 * `tessera export`: everything the durable store holds, encrypted under a passphrase, into one file. With `--retire` the
 * store refuses changes first and goes on refusing them, so that nothing is missing in what moves.
 */
export const exportStore: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, {
    config: { type: 'string' },
    output: { type: 'string', short: 'o' },
    'passphrase-file': { type: 'string' },
    retire: { type: 'boolean', default: false },
  });
  const fileName = configFileArgument(values.config, positionals);
  const { output, retire: retires } = values;
  if (output === undefined || output === '') throw usageFailure('Name the file to write with --output FILE');
  const { config } = loadConfiguration(fileName, terminal.env, { secretsOf: ['migration'] });
  assertOutlivesProcess(config);
  await assertIsNew(output);
  const passphrase = await choosePassphrase({ terminal, file: values['passphrase-file'] });
  await withPresentStore(config, 'export', (store) =>
    exportFrom(store, { config, terminal, output, passphrase, retires }),
  );
  return 0;
};

async function exportFrom(store: DurableStore, { config, terminal, output, passphrase, retires }: Job): Promise<void> {
  const kdf = newKdf(NEW_COST);
  const keyEncryption = await keyEncryptionFingerprint(config.keyEncryption, kdf.salt, {
    clock: systemClock,
    logger: processLogger(config, 'export'),
    rootDocument: await readKeySet(store, config, ROOT_DOCUMENT),
  });
  const key = await derivePassphraseKey(passphrase, kdf);
  const tally = createTally();
  const source = config.storage.type;
  const stopProgress = startProgress(terminal, systemClock, () => `Exported so far: ${tally.progress()}`);
  try {
    await interruptible(terminal, async (signal) => {
      const bytes = exportStream({
        store,
        clock: systemClock,
        source,
        key,
        kdf,
        keyEncryption,
        retires,
        tally,
        signal,
      });
      await writeOutput(output, bytes, terminal);
    });
  } catch (error) {
    throw retires ? withRetirement(error) : error;
  } finally {
    stopProgress();
  }
  // Standard output may be the export itself.
  const say = (line: string): void => (output === STANDARD_STREAM ? terminal.err(line) : terminal.out(line));
  say(`Exported from ${source} to ${output === STANDARD_STREAM ? 'standard output' : output}:`);
  for (const line of tally.table(false)) say(line);
  if (retires) say(`The ${source} storage refuses changes from now on. tessera reinstate takes that back.`);
}

function withRetirement(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = `${error.message.replace(/\.$/, '')}. The store may refuse changes already: export it again, or take that back with tessera reinstate.`;
  return new CommandFailure(message, { exitCode: error instanceof CommandFailure ? error.exitCode : 1, cause: error });
}
