import type { Pkcs11Config } from '@tessera/config';
import type { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import { signerClosed, signerRefused, signerUnavailable } from '../signer-errors.ts';
import type { Failure } from './failure.ts';
import { type ModuleProcess, startModuleProcess } from './module-host.ts';

/** Has one process for a library, that is logged in to the token. */
export interface ModuleStarter {
  /**
   * The process, started where there is none. Throws `keys.signer_unavailable` while it cannot be had, for a moment without a
   * try; `keys.signer_refused` when somebody has to change something first.
   */
  get(): Promise<ModuleProcess>;
  /** Gives a process up that has lost the token. The next one is started when it is needed. */
  retire(module: ModuleProcess, reason: string): void;
  /** Counts the processes. */
  generation(): number;
  /** Ends the process. May be called twice. */
  close(): Promise<void>;
}

/** What the process is started for, and how. */
export interface ModuleStarterOptions {
  readonly config: Pkcs11Config;
  readonly logger: Logger;
  /** All of the environment of the process, as vendors' libraries are configured by that. Default that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Shortest time between two starts, in milliseconds. Default 1000. */
  readonly restartAfterMs?: number;
}

/** Of no process yet. A PIN that was refused is not tried again: a token locks after a few tries. */
export function createModuleStarter(
  options: ModuleStarterOptions & { readonly answerWithinMs: number },
): ModuleStarter {
  const { config, logger, environment, answerWithinMs, restartAfterMs = 1_000 } = options;
  const { library, tokenLabel, pin } = config;
  const processes = new Set<ModuleProcess>();
  let current: Promise<ModuleProcess> | undefined;
  let running: ModuleProcess | undefined;
  let failed: { readonly error: TesseraError; readonly isFinal: boolean } | undefined;
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let generation = 0;
  let isClosed = false;

  const fail = ({ kind, message }: Failure): TesseraError => {
    const isRefused = kind === 'refused' || kind === 'pin';
    const error = isRefused ? signerRefused(message) : signerUnavailable(message);
    const isNew = failed?.error.message !== message;
    failed = { error, isFinal: kind === 'pin' };
    if (isNew) {
      logger[isRefused ? 'error' : 'warn'](
        { err: error, token_label: tokenLabel },
        'the PKCS #11 token cannot be used',
      );
    }
    return error;
  };
  const start = async (): Promise<ModuleProcess> => {
    startedAtMs = performance.now();
    const module = startModuleProcess(environment);
    processes.add(module);
    const outcome = await module.request('open', { library, tokenLabel, pin }, answerWithinMs);
    if (!outcome.ok || isClosed) {
      await end(module);
      throw outcome.ok ? signerClosed() : fail(outcome.failure);
    }
    if (failed !== undefined) logger.info({ token_label: tokenLabel }, 'the PKCS #11 token can be used again');
    failed = undefined;
    generation += 1;
    running = module;
    return module;
  };
  const end = async (module: ModuleProcess): Promise<void> => {
    await module.end();
    processes.delete(module);
  };
  const retire = (module: ModuleProcess, reason: string): void => {
    if (running === module && !isClosed) {
      logger.warn({ reason, token_label: tokenLabel }, 'the PKCS #11 token is lost; its library will be started anew');
      running = undefined;
      current = undefined;
    }
    void end(module);
  };

  return {
    async get() {
      if (isClosed) throw signerClosed();
      if (running !== undefined && !running.isRunning()) retire(running, 'the process of the PKCS #11 library ended');
      if (current !== undefined) return current;
      if (failed?.isFinal === true) throw failed.error;
      // A library that crashes at once would be started without end.
      const isTooSoon = performance.now() - startedAtMs < restartAfterMs;
      if (isTooSoon) throw failed?.error ?? signerUnavailable('the PKCS #11 library ended shortly after its start');
      const starting = start();
      current = starting;
      starting.catch(() => {
        if (current === starting) current = undefined;
      });
      return starting;
    },
    retire,
    generation: () => generation,
    async close() {
      isClosed = true;
      await Promise.all([...processes].map(end));
    },
  };
}
