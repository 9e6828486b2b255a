import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { SigningAlgorithm } from './algorithms.ts';

// Signs as fast as Node.js can, one signature after the other, and tells how many were made in a second.
const { algorithm, seconds } = workerData as { readonly algorithm: SigningAlgorithm; readonly seconds: number };
/** About the length of a signing input. */
const INPUT = Buffer.alloc(550, 'a');

const key = createKey();
const hash = algorithm === 'EdDSA' ? null : 'sha256';
const signOnce = (): void => void sign(hash, INPUT, { key, dsaEncoding: 'ieee-p1363' });
for (let warmUp = 0; warmUp < 100; warmUp += 1) signOnce();
const startedMs = performance.now();
const endMs = startedMs + seconds * 1000;
let count = 0;
for (; performance.now() < endMs; count += 1) signOnce();
parentPort?.postMessage(count / ((performance.now() - startedMs) / 1000));

/** Read from its bytes, as the service reads what is stored. */
function createKey(): KeyObject {
  const pair =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  const der = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
