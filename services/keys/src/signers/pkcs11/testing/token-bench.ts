import { readFile } from 'node:fs/promises';
import { createLogger, type Logger } from '@tessera/telemetry';
import { processTree, type SoftHsm, type SoftHsmOptions, startSoftHsm } from '@tessera/testkit';
import type { Custodian } from '../../custodian.ts';
import { createPkcs11Custodian, type Pkcs11CustodianOptions } from '../custodian.ts';

/** A token of SoftHSM, and custodians of it. */
export interface TokenBench extends AsyncDisposable {
  readonly token: SoftHsm;
  /** How the token is reached. */
  readonly options: Pkcs11CustodianOptions;
  /** A custodian, which is closed with the bench. By default it asks the token for nothing at its start. */
  open(changes?: Partial<Pkcs11CustodianOptions>): Promise<Custodian<'pkcs11'>>;
  /** The processes that have the library now, by their environment. Linux only. */
  processes(): Promise<readonly number[]>;
  /** Everything that was logged. */
  log(): string;
}

/** Makes a token, and what custodians of it need. */
export async function createTokenBench(softHsm: SoftHsmOptions = {}): Promise<TokenBench> {
  const token = await startSoftHsm(softHsm);
  const opened: Custodian<'pkcs11'>[] = [];
  const lines: string[] = [];
  const options: Pkcs11CustodianOptions = {
    config: { library: token.library, tokenLabel: token.tokenLabel, pin: token.pin, keyLabel: 'tessera' },
    rsaKeyBits: 2048,
    algorithms: [],
    logger: createRecordingLogger(lines),
    environment: token.environment,
    restartAfterMs: 0,
  };
  return {
    token,
    options,
    async open(changes = {}) {
      const custodian = await createPkcs11Custodian({ ...options, ...changes });
      opened.push(custodian);
      return custodian;
    },
    async processes() {
      const { SOFTHSM2_CONF = '' } = token.environment;
      const pids = await processTree(process.pid);
      const environments = await Promise.all(
        pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
      );
      return pids.filter((_, index) => environments[index]?.includes(SOFTHSM2_CONF));
    },
    log: () => lines.join(''),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((custodian) => custodian.close()));
      await token.close();
    },
  };
}

function createRecordingLogger(lines: string[]): Logger {
  const stream = { write: (line: string) => void lines.push(line) };
  return createLogger({ service: 'keys', level: 'debug', format: 'json', stream });
}
