import { TesseraError } from '@tessera/errors';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { KeyLife } from '../rotation/key-life.ts';
import type { KeySets } from '../rotation/key-sets.ts';
import type { StoredSigningKey } from '../rotation/signing-document.ts';
import type { Custodian, Signer } from './custodian.ts';
import type { PrivateHalf, PrivateHalfOf } from './private-half.ts';
import { createSigningKey, type SigningKey } from './signing-key.ts';

/** Makes signing keys and opens stored ones, whoever keeps their private halves. */
export interface Custody {
  /** A new key, kept by the custodian of the configured signer. `known`: private halves of its set, also former and revoked ones. */
  create(alg: SigningAlgorithm, life: KeyLife, known: readonly PrivateHalf[]): Promise<StoredSigningKey>;
  /**
   * Stored sets, ready to sign. A key that is open already is not opened again. One that its device or server does not open
   * just now is tried when it is to sign. Throws what a custodian throws for other reasons.
   */
  open(stored: KeySets<StoredSigningKey>): Promise<KeySets<SigningKey>>;
  /** Whether a stored key's private half is kept by one of the custodians. */
  keeps(key: StoredSigningKey): boolean;
  /** Destroys what is no longer stored, as far as its custodian can. */
  destroy(privateHalf: PrivateHalf): Promise<void>;
  close(): Promise<void>;
}

/** One custodian at most for each kind of signer. */
export type Custodians = { readonly [T in PrivateHalf['signer']]?: Custodian<T> };

/** Custody by several custodians, of which `maker` makes the new keys. */
export function createCustody(maker: Pick<Custodian, 'create'>, custodians: Custodians): Custody {
  let opened: ReadonlyMap<string, Signer> = new Map();
  const find = <T extends PrivateHalf['signer']>({ signer }: { readonly signer: T }): Custodian<T> | undefined =>
    custodians[signer] as Custodian<T> | undefined;
  const openSigner = async (alg: SigningAlgorithm, kid: string, half: PrivateHalf): Promise<Signer | undefined> =>
    opened.get(kid) ?? find(half)?.open(alg, kid, half as PrivateHalfOf<typeof half.signer>);
  return {
    async create(alg, { createdAt, activeAt }, known) {
      const { kid, publicJwk, privateHalf, x5c } = await maker.create(alg, known);
      return { kid, alg, createdAt, activeAt, publicJwk, privateKey: privateHalf, ...(x5c !== undefined && { x5c }) };
    },
    async open(stored) {
      const signers = new Map<string, Signer>();
      const open = async (key: StoredSigningKey): Promise<SigningKey> => {
        const { kid, alg, privateKey } = key;
        if (privateKey === undefined) return createSigningKey(key, undefined);
        try {
          const signer = await openSigner(alg, kid, privateKey);
          if (signer !== undefined) signers.set(kid, signer);
          return createSigningKey(key, signer);
        } catch (error) {
          if (!isOfSigner(error)) throw error;
          // The key stays published, and whoever signs with it tries again.
          let late: Signer | undefined;
          return createSigningKey(key, async (input) => {
            late ??= await openSigner(alg, kid, privateKey);
            if (late === undefined) throw error;
            return late(input);
          });
        }
      };
      const sets = await Promise.all(
        [...stored].map(async ([alg, keys]) => [alg, await Promise.all(keys.map(open))] as const),
      );
      opened = signers;
      return new Map(sets);
    },
    keeps: ({ privateKey }) => privateKey !== undefined && custodians[privateKey.signer] !== undefined,
    async destroy(half) {
      await find(half)?.destroy(half as PrivateHalfOf<typeof half.signer>);
    },
    async close() {
      await Promise.all(Object.values(custodians).map((custodian) => custodian.close()));
    },
  };
}

/** Its device or server is away, or refuses it: that concerns this key alone. */
function isOfSigner(error: unknown): boolean {
  return (
    error instanceof TesseraError && (error.code === 'keys.signer_unavailable' || error.code === 'keys.signer_refused')
  );
}
