import { readFile } from 'node:fs/promises';
import type { Clock } from '@tessera/clock';
import type { VaultConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import { vaultRefused } from './vault-errors.ts';

/** Who we are at the server. */
export interface VaultTokenSource {
  /** The token. Throws `keys.vault_refused` when its file never had one. */
  current(): Promise<string>;
  /** The same, read again now: for when the server takes it no more. */
  reread(): Promise<string>;
}

/** What a source is made of. */
export interface VaultTokenSourceOptions {
  readonly config: Pick<VaultConfig, 'token' | 'tokenFile'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long the content of a file is taken for what it is. */
const FRESH_MS = 5000;

/** Printable characters alone, so that it can stand in a header. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

/**
 * The token of a configuration, or that of a file, which is read again when its content is older than 5 seconds. A file that
 * cannot be read any more, or has no token in it just now, leaves the last one; that is logged once.
 */
export function createVaultTokenSource({ config, clock, logger }: VaultTokenSourceOptions): VaultTokenSource {
  const { token = '', tokenFile } = config;
  if (tokenFile === undefined) {
    const fixed = async (): Promise<string> => checkToken(token, 'the configured Vault token');
    return { current: fixed, reread: fixed };
  }
  let last: { readonly token: string; readonly readAtMs: number } | undefined;
  let reading: Promise<string> | undefined;
  let isComplained = false;

  const read = async (): Promise<string> => {
    const readAtMs = clock.monotonicMs();
    try {
      last = { token: await readToken(tokenFile), readAtMs };
      isComplained = false;
    } catch (error) {
      if (last === undefined) throw error;
      if (!isComplained) logger.warn({ err: error }, 'the Vault token cannot be read again; the last one stays in use');
      isComplained = true;
      last = { ...last, readAtMs };
    }
    return last.token;
  };
  const reread = (): Promise<string> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return {
    current: async () =>
      last !== undefined && clock.monotonicMs() - last.readAtMs < FRESH_MS ? last.token : await reread(),
    reread,
  };
}

async function readToken(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw vaultRefused(`the file of the Vault token ${file} cannot be read`, error);
  }
  return checkToken(text.trim(), `the file of the Vault token ${file}`);
}

function checkToken(token: string, where: string): string {
  if (!TOKEN.test(token)) throw vaultRefused(`${where} holds no token: it must be one line of printable characters`);
  return token;
}
