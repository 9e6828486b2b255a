import { createPrivateKey, type KeyObject } from 'node:crypto';
import { MIN_RSA_BITS, type SigningAlgorithm } from '@tessera/oauth';
import type { Signer } from '../custodian.ts';
import { signerUnavailable } from '../signer-errors.ts';
import { createDirectSigner, type DirectSigner } from './direct-signer.ts';
import { estimateSignatureMicroseconds } from './signature-cost.ts';
import type { WaitingSignature } from './signing-queue.ts';
import type { SigningThreads } from './thread-pool.ts';

/** What one turn of the event loop may spend on signatures by one key, in microseconds; if it is more, the threads sign. */
const TURN_MICROSECONDS = 160;

/**
 * The signer of a private key (RFC 7518 §3, RFC 8037 §3.1). The few signatures of a quiet turn are made at its end, which is
 * quicker than a thread would be. Those of a busy one all go to the threads, so that the event loop has the next ones ready
 * when a thread is done, and every core signs.
 */
export function createSigner(alg: SigningAlgorithm, key: KeyObject, threads: SigningThreads): Signer {
  const costMicroseconds = estimateSignatureMicroseconds(alg, key);
  const threadKey = { alg, key, costMicroseconds };
  const maxDirect = Math.floor(TURN_MICROSECONDS / costMicroseconds);
  const signDirectly = createDirectSigner(alg, key);
  let asked: WaitingSignature[] = [];
  const endTurn = (): void => {
    const turn = asked;
    asked = [];
    const isQuiet = turn.length <= maxDirect && !threads.isClosed();
    for (const waiting of turn) {
      if (isQuiet) signAtOnce(signDirectly, waiting);
      else threads.sign(threadKey, waiting);
    }
  };
  return (input) =>
    new Promise((resolve, reject) => {
      if (asked.length === 0) queueMicrotask(endTurn);
      asked.push({ input, resolve, reject });
    });
}

function signAtOnce(sign: DirectSigner, { input, resolve, reject }: WaitingSignature): void {
  try {
    resolve(sign(Buffer.from(input, 'latin1')).toString('base64url'));
  } catch (thrown) {
    reject(signerUnavailable('the key does not sign', thrown));
  }
}

/** The private key of stored bytes. Throws when they are none. */
export function readPrivateKey(der: Buffer): KeyObject {
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** Whether a key is of the kind that an algorithm takes (RFC 7518 §3.1, RFC 8037 §3.1), RSA with 2048 bits at least (§3.3, §3.5). */
export function isKeyFor(
  alg: SigningAlgorithm,
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
): boolean {
  switch (alg) {
    case 'RS256':
    case 'RS384':
    case 'RS512':
    case 'PS256':
    case 'PS384':
    case 'PS512':
      return type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS;
    case 'ES256':
      return type === 'ec' && details?.namedCurve === 'prime256v1';
    case 'ES384':
      return type === 'ec' && details?.namedCurve === 'secp384r1';
    case 'ES512':
      return type === 'ec' && details?.namedCurve === 'secp521r1';
    case 'EdDSA':
      return type === 'ed25519';
  }
}
