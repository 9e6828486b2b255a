import { availableParallelism } from 'node:os';
import type { SigningAlgorithm } from '@tessera/oauth';
import { openKey, sealKey } from '../../encryption/envelope.ts';
import type { KeyEncryptionKey } from '../../encryption/key-encryption-key.ts';
import { SIGNING_KEY_PURPOSE as PURPOSE } from '../../encryption/key-purposes.ts';
import { wrongKeyEncryptionKey } from '../../encryption/wrong-key.ts';
import type { Custodian } from '../custodian.ts';
import { type GenerateKeyPair, generateSigningKeyPair, type NewKeyPair, type RsaKeyBits } from './generate-key-pair.ts';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';
import { createSigner, isKeyFor, readPrivateKey } from './signer.ts';
import { createSigningThreads } from './thread-pool.ts';

/** What a local custodian may be told. */
export interface LocalCustodianOptions {
  /** Size of new RSA keys, in bits. Default 2048. */
  readonly rsaKeyBits?: RsaKeyBits;
  /** Gives new keys a certificate of their own, valid from a day before `now`. Default none. */
  readonly selfSignedCertificates?: { now(): Date };
  /** Most threads that sign; none is started before there is work for it. Default as many as there are cores. */
  readonly maxThreads?: number;
  /** Makes key pairs. For tests. */
  readonly generate?: GenerateKeyPair;
}

/** So that a verifier with a slow clock takes the certificate too. */
const DAY_MS = 86_400_000;

/** Keeps private keys encrypted in our own storage; they are plain nowhere but in the memory of this process. */
export function createLocalCustodian(
  wrapping: KeyEncryptionKey['wrapping'],
  options: LocalCustodianOptions = {},
): Custodian<'local'> {
  const { rsaKeyBits = 2048, selfSignedCertificates, maxThreads = availableParallelism() } = options;
  const { generate = generateSigningKeyPair } = options;
  const threads = createSigningThreads({ maxThreads });
  return {
    type: 'local',
    async create(alg) {
      const pair = await generate(alg, rsaKeyBits);
      const { kid, publicJwk, privateKey } = pair;
      const der = privateKey.export({ format: 'der', type: 'pkcs8' });
      const sealed = sealKey(wrapping, der, { purpose: PURPOSE, name: kid });
      der.fill(0);
      const x5c = selfSignedCertificates && { x5c: [certify(pair, selfSignedCertificates.now())] };
      return { kid, publicJwk, privateHalf: { signer: 'local', ...sealed }, ...x5c };
    },
    async open(alg, kid, sealed) {
      const der = openKey(wrapping, sealed, { purpose: PURPOSE, name: kid });
      const key = readPrivateKey(der);
      der.fill(0);
      if (!isKeyFor(alg, key)) throw notFor(alg, kid);
      return createSigner(alg, key, threads);
    },
    // The sealed key leaves with the document that held it.
    async destroy() {},
    close: () => threads.close(),
  };
}

function certify({ alg, kid, privateKey }: NewKeyPair, now: Date): string {
  const notBefore = new Date(now.getTime() - DAY_MS);
  return createSelfSignedCertificate({ alg, kid, privateKey, notBefore }).toString('base64');
}

function notFor(alg: SigningAlgorithm, kid: string): Error {
  return wrongKeyEncryptionKey(`the stored key ${kid} for ${PURPOSE} is no key for ${alg}`);
}
