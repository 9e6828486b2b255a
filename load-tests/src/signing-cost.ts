import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Algorithms of the benchmark. */
export type Algorithm = 'RS256' | 'ES256';

/** About the length of a signed token without its signature. */
const INPUT_BYTES = 700;
const MEASURE_MS = 1_000;

/**
 * Milliseconds of CPU that OpenSSL takes for one signature on one core here: what no arrangement of services can save.
 * Takes one second of one core.
 */
export function measureSignatureMs(algorithm: Algorithm): number {
  const key = privateKey(algorithm);
  const input = Buffer.alloc(INPUT_BYTES, 'a');
  const signOnce = (): void => void sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
  for (let warmUp = 0; warmUp < 50; warmUp += 1) signOnce();
  const startedMs = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  for (; performance.now() - startedMs < MEASURE_MS; count += 1) signOnce();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}

function privateKey(algorithm: Algorithm): KeyObject {
  switch (algorithm) {
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  }
}
