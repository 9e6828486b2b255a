import type { SecretRing } from '@tessera/credentials';
import type { SigningAlgorithm } from '@tessera/oauth';
import { openKey, sealKey } from '../encryption/envelope.ts';
import type { KeyLife } from '../rotation/key-life.ts';
import type { KeySets } from '../rotation/select-key.ts';
import type { StoredSigningKey } from '../rotation/signing-document.ts';
import type { GenerateKeyPair } from './generate-key-pair.ts';
import { createSigner, type Signer } from './signer.ts';
import { createSigningKey, type SigningKey } from './signing-key.ts';

/** Makes signing keys for storage and opens them. Private keys are plain nowhere but in here. */
export interface KeyVault {
  /** A new key, sealed. */
  create(alg: SigningAlgorithm, life: KeyLife): Promise<StoredSigningKey>;
  /** Stored sets, ready to sign. A key that is known already is not parsed again. Throws `keys.wrong_key_encryption_key`. */
  open(stored: KeySets<StoredSigningKey>): KeySets<SigningKey>;
}

const PURPOSE = 'signing';

/** A vault whose keys are sealed under the given key. */
export function createKeyVault(wrapping: SecretRing, generate: GenerateKeyPair): KeyVault {
  let opened: ReadonlyMap<string, Signer> = new Map();
  return {
    async create(alg, life) {
      const { kid, publicJwk, privateKeyDer } = await generate(alg);
      const privateKey = sealKey(wrapping, privateKeyDer, { purpose: PURPOSE, name: kid });
      privateKeyDer.fill(0);
      return { kid, alg, createdAt: life.createdAt, activeAt: life.activeAt, publicJwk, privateKey };
    },
    open(stored) {
      const signers = new Map<string, Signer>();
      const open = (key: StoredSigningKey): SigningKey => {
        if (key.privateKey === undefined) return createSigningKey(key, undefined);
        const signer = opened.get(key.kid) ?? openSigner(wrapping, key.alg, key.kid, key.privateKey);
        signers.set(key.kid, signer);
        return createSigningKey(key, signer);
      };
      const sets = new Map([...stored].map(([alg, keys]) => [alg, keys.map(open)] as const));
      opened = signers;
      return sets;
    },
  };
}

function openSigner(
  wrapping: SecretRing,
  alg: SigningAlgorithm,
  kid: string,
  sealed: NonNullable<StoredSigningKey['privateKey']>,
): Signer {
  const der = openKey(wrapping, sealed, { purpose: PURPOSE, name: kid });
  const signer = createSigner(alg, der);
  der.fill(0);
  return signer;
}
