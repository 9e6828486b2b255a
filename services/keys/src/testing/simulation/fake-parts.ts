import type { Clock } from '@tessera/clock';
import type { TokenType } from '@tessera/contracts';
import type { DocumentStore } from '../../encryption/document-store.ts';
import { lifeOf } from '../../rotation/key-life.ts';
import type { SigningDocument, StoredSigningKey } from '../../rotation/signing-document.ts';
import type { Custody } from '../../signers/custody.ts';
import type { SigningKey } from '../../signers/signing-key.ts';

/** When simulated time begins. */
export const startMs: number = Date.UTC(2026, 0, 1);

/** A clock that is ahead of simulated time, or behind. */
export function skewedClock(nowSeconds: () => number, skewSeconds: number): Clock {
  return {
    now: () => new Date(startMs + (nowSeconds() + skewSeconds) * 1000),
    monotonicMs: () => nowSeconds() * 1000,
    schedule: () => ({ cancel: () => undefined }),
  };
}

/** When the clocks of the world show a moment, those aside that are ahead or behind. */
export function secondsOf(moment: Date): number {
  return (moment.getTime() - startMs) / 1000;
}

/** The one document that all replicas share. */
export interface SharedDocument {
  version: number;
  document: SigningDocument | undefined;
}

/** A replica's way to the document. `reach` throws while it is cut; `onWrite` is called after each write that won. */
export function sharedStore(
  shared: SharedDocument,
  reach: () => void,
  onWrite: (before: SigningDocument | undefined) => void,
  { notesNoLifetimes = false }: { readonly notesNoLifetimes?: boolean } = {},
): DocumentStore<SigningDocument> {
  const stored = () => ({ ...shared, sealedUnder: [], isUnderCurrent: true, current: 'one' });
  return {
    name: 'signing',
    lastLoaded: stored,
    async load() {
      reach();
      return stored();
    },
    async replace(expectedVersion, document) {
      reach();
      if (shared.version !== expectedVersion) return false;
      const before = shared.document;
      shared.version += 1;
      shared.document = notesNoLifetimes ? withoutLifetimes(document) : document;
      onWrite(before);
      return true;
    },
  };
}

function withoutLifetimes({ keys, ...document }: SigningDocument): SigningDocument {
  return { ...document, keys: keys.map(({ retentionSeconds: _ignored, ...key }) => key) };
}

const headers: Readonly<Record<TokenType, string>> = {
  access_token: '',
  id_token: '',
  logout_token: '',
  userinfo: '',
  introspection: '',
};

/** Keys that are names only: what they sign does not matter here, nor what they are. */
export function createNamedKeys(): Custody {
  let made = 0;
  const open = (key: StoredSigningKey): SigningKey => {
    const { kid, alg, privateKey } = key;
    return {
      kid,
      alg,
      ...lifeOf(key),
      jwk: { kid, alg },
      headers,
      sign: privateKey === undefined ? undefined : async () => '',
    };
  };
  return {
    async create(alg, { createdAt, activeAt }) {
      made += 1;
      const privateKey = { signer: 'local', wrappedDataKey: 'w', ciphertext: 'c' } as const;
      return { kid: `${alg}-${made}`, alg, createdAt, activeAt, publicJwk: {}, privateKey };
    },
    open: async (stored) => new Map([...stored].map(([alg, keys]) => [alg, keys.map(open)])),
    keeps: ({ privateKey }) => privateKey !== undefined,
    async destroy() {},
    async close() {},
  };
}
