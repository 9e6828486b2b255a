import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SigningAlgorithm } from './algorithms.ts';

/** Signatures a second on one core that `crypto.sign` of this Node.js makes, while a thread on each core does so. */
export async function measureBareSigning(
  algorithm: SigningAlgorithm,
  { cores, seconds }: { readonly cores: number; readonly seconds: number },
): Promise<number> {
  const main = new URL('./bare-signing-thread.ts', import.meta.url);
  const measure = async (): Promise<number> => {
    const worker = new Worker(main, { workerData: { algorithm, seconds } });
    const [rate] = (await once(worker, 'message')) as [number];
    return rate;
  };
  const rates = await Promise.all(Array.from({ length: cores }, measure));
  return rates.reduce((sum, rate) => sum + rate, 0) / cores;
}
