import type { KeyListing, KeyOrder, OrderedChange, OrderPreview, SealingDescription } from '@tessera/keys';
import type { KeyAuthority } from '../commands/keys/key-authority.ts';

/** A {@link KeyAuthority} that keeps what it is asked for. */
export interface FakeKeyAuthority extends KeyAuthority {
  /** Orders that were carried out. */
  readonly carriedOut: readonly KeyOrder[];
  /** Orders that were previewed. */
  readonly previewed: readonly KeyOrder[];
  readonly isResealed: boolean;
}

/** What a {@link FakeKeyAuthority} answers. */
export interface FakeKeyAuthorityOptions {
  readonly preview?: Partial<OrderPreview>;
  readonly listing?: KeyListing;
  readonly sealing?: SealingDescription;
  /** What an order comes to. Default: a key is created for ES256. */
  readonly changes?: readonly OrderedChange[];
}

/** One document under the key that seals. */
export const currentSealing: SealingDescription = {
  keys: [{ role: 'seals', source: 'keyEncryption.value', fingerprint: 'aaaa' }],
  documents: [{ name: 'signing', version: 3, sealedUnder: ['aaaa'], state: 'current' }],
};

const emptyListing: KeyListing = {
  keys: [],
  revoked: [],
  secrets: [],
  keyEncryptionKeys: [],
  sealedUnder: new Map(),
};

const oneCreated: readonly OrderedChange[] = [{ keySet: 'ES256', kid: 'new-kid', step: 'created' }];

/** Creates a {@link FakeKeyAuthority}. */
export function createFakeKeyAuthority(options: FakeKeyAuthorityOptions = {}): FakeKeyAuthority {
  const carriedOut: KeyOrder[] = [];
  const previewed: KeyOrder[] = [];
  const { preview, listing = emptyListing, sealing = currentSealing, changes = oneCreated } = options;
  let isResealed = false;
  return {
    carriedOut,
    previewed,
    get isResealed() {
      return isResealed;
    },
    list: async () => listing,
    async preview(order) {
      previewed.push(order);
      const at = new Date(0);
      return { order, at, successions: [], revokedKeys: [], revokedSecrets: [], warnings: [], ...preview };
    },
    async carryOut(order) {
      carriedOut.push(order);
      return changes;
    },
    describeSealing: async () => (isResealed ? currentSealing : sealing),
    async reseal() {
      isResealed = true;
      return sealing.documents.filter(({ state }) => state === 'former').map(({ name }) => name);
    },
  };
}
