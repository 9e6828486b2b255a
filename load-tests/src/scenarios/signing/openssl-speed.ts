import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OPENSSL_NAMES, type SigningAlgorithm } from './algorithms.ts';

const run = promisify(execFile);

/** How `openssl speed` measures: by the clock on the wall, or by the user CPU time of its process. */
export type OpensslMeasure = 'wall' | 'cpu';

/** Version of the `openssl` program. Throws when there is none. */
export async function opensslVersion(): Promise<string> {
  const { stdout } = await run('openssl', ['version']);
  return /^OpenSSL (\S+)/.exec(stdout)?.[1] ?? stdout.trim();
}

/** Signatures a second on one core, while as many `openssl speed` as there are cores run side by side. */
export async function measureOpenssl(
  algorithm: SigningAlgorithm,
  { cores, seconds, measure }: { readonly cores: number; readonly seconds: number; readonly measure: OpensslMeasure },
): Promise<number> {
  const options = ['-mr', '-seconds', String(seconds), ...(measure === 'wall' ? ['-elapsed'] : [])];
  const speed = async (): Promise<number> => {
    const { stdout } = await run('openssl', ['speed', ...options, OPENSSL_NAMES[algorithm]]);
    return parseSpeed(stdout);
  };
  const rates = await Promise.all(Array.from({ length: cores }, speed));
  return rates.reduce((sum, rate) => sum + rate, 0) / cores;
}

/** The machine-readable line of signatures: `+F2:…:bits:signatures/s:verifications/s` and its like. */
export function parseSpeed(output: string): number {
  const line = output.split('\n').find((text) => /^\+F[2-6]:/.test(text));
  const rate = Number(line?.split(':').at(-2));
  if (line === undefined || !(rate > 0)) throw new Error('openssl speed printed no rate of signatures');
  return rate;
}
