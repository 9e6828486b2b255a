import { randomBytes } from 'node:crypto';
import { TesseraError, unavailable } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { KeySetStorage } from '../../ports.ts';
import type { VaultTransit } from '../../vault/transit.ts';
import {
  describeWrapped,
  encodeRootDocument,
  isProvenBy,
  parseRootDocument,
  ROOT_DOCUMENT,
  toRootKey,
  type WrappedRoot,
} from '../root-document.ts';
import { createRootKey, ROOT_KEY_BYTES, type RootKey } from '../root-key.ts';
import { wrongKeyEncryptionKey } from '../wrong-key.ts';

/** An unwrapped key, and how it is stored. */
export interface HeldRoot {
  readonly root: RootKey;
  readonly stored: WrappedRoot;
}

/** What it is made of. */
export interface WrappedRootsOptions {
  /** Namespace, mount and name of the Transit key. */
  readonly name: string;
  readonly keyName: string;
  readonly transit: VaultTransit;
  readonly storage: KeySetStorage;
  readonly logger: Logger;
  readonly opened: Set<string>;
  readonly assertMayMake: (() => Promise<void>) | undefined;
}

/** The keys in storage that one Transit key wraps. */
export interface WrappedRoots {
  /**
   * The key; the first replica makes it, and of those that start at once one does. Throws `unavailable` while Vault or
   * storage does not answer, `keys.vault_refused`, and `keys.wrong_key_encryption_key` when it was changed, or is not there
   * and must not be made. Nothing that stands there is ever replaced by another key.
   */
  obtain(): Promise<HeldRoot>;
  /** The same key, wrapped by the latest version of the Transit key. Of replicas that race one writes. */
  keepLatest(held: HeldRoot): Promise<HeldRoot>;
}

const MAX_ATTEMPTS = 5;
/** What the Transit engine binds a key to, so that nothing else it wrapped passes for one. */
const CONTEXT = Buffer.from('tessera root key');

/** Access to them. */
export function createWrappedRoots(options: WrappedRootsOptions): WrappedRoots {
  const { name, storage, logger, transit, keyName, opened } = options;
  const load = async () => {
    const { version, payload } = await storage.getKeySet(ROOT_DOCUMENT);
    return { version, roots: version === 0 ? [] : parseRootDocument(payload) };
  };

  const reasonNotToMake = async (): Promise<Error | undefined> => {
    const { assertMayMake } = options;
    if (assertMayMake === undefined) {
      return wrongKeyEncryptionKey(`storage holds no key-encryption key that ${name} wraps`);
    }
    try {
      await assertMayMake();
      return undefined;
    } catch (error) {
      return TesseraError.from(error);
    }
  };

  /** Undefined: another replica changed the document meanwhile. */
  const attempt = async (): Promise<HeldRoot | undefined> => {
    const { version, roots } = await load();
    const found = await unwrapOne(
      options,
      roots.filter(({ transit: by }) => by === name),
    );
    if (found !== undefined) return found;
    const reason = await reasonNotToMake();
    if (reason !== undefined) {
      // Another replica may have made both the key and documents under it a moment ago.
      if ((await storage.getKeySet(ROOT_DOCUMENT)).version !== version) return undefined;
      throw reason;
    }
    const made = await makeRoot(options);
    const payload = encodeRootDocument([...roots, made.stored]);
    if (!(await storage.compareAndSetKeySet(ROOT_DOCUMENT, version, payload))) return undefined;
    logger.info({ transit_key: name, fingerprint: made.root.fingerprint }, 'new key-encryption key');
    return made;
  };

  return {
    async obtain() {
      for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
        const held = await attempt();
        if (held === undefined) continue;
        opened.add(held.stored.proof);
        return held;
      }
      throw unavailable('keys.rotation_contended', 'other replicas kept changing the wrapped key-encryption keys');
    },
    async keepLatest(held) {
      const [{ version, roots }, key] = await Promise.all([load(), transit.readKey(keyName)]);
      const stored = roots.find((root) => isProvenBy(held.root, root));
      if (stored === undefined) throw wrongKeyEncryptionKey(`the key-encryption key that ${name} wraps left storage`);
      if (key === undefined || versionOf(stored.wrapped) >= key.latestVersion) return { ...held, stored };
      const wrapped = await transit.rewrap(keyName, stored.wrapped, CONTEXT);
      const latest = describeWrapped(held.root, name, wrapped);
      const payload = encodeRootDocument(roots.map((root) => (root === stored ? latest : root)));
      if (!(await storage.compareAndSetKeySet(ROOT_DOCUMENT, version, payload))) return held;
      logger.info({ transit_key: name, version: key.latestVersion }, 'the key-encryption key is wrapped anew');
      opened.add(latest.proof);
      return { root: held.root, stored: latest };
    },
  };
}

/**
 * The one that the Transit key unwraps. Another Vault server may have a key of the same name, so what a further source has
 * opened may be refused here; anything else must not be taken for absent.
 */
async function unwrapOne(
  { transit, keyName, opened }: WrappedRootsOptions,
  candidates: readonly WrappedRoot[],
): Promise<HeldRoot | undefined> {
  let refusal: TesseraError | undefined;
  for (const stored of candidates) {
    try {
      const root = toRootKey(await transit.decrypt(keyName, stored.wrapped, CONTEXT), stored);
      if (root !== undefined) return { root, stored };
      throw wrongKeyEncryptionKey(`the stored document "${ROOT_DOCUMENT}" was changed; nothing was overwritten`);
    } catch (error) {
      if (!(error instanceof TesseraError) || error.kind !== 'invalid_argument') throw error;
      if (!opened.has(stored.proof)) refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

async function makeRoot({ transit, keyName, name }: WrappedRootsOptions): Promise<HeldRoot> {
  // Vault makes a key that it is asked to encrypt by, of its own liking, where the policy allows that.
  if ((await transit.readKey(keyName)) === undefined) {
    throw new TesseraError({
      kind: 'invalid_argument',
      code: 'keys.vault_refused',
      message: `the Transit key ${name} of keyEncryption does not exist; make it with the type aes256-gcm96`,
    });
  }
  const bytes = randomBytes(ROOT_KEY_BYTES);
  const wrapped = await transit.encrypt(keyName, bytes, CONTEXT);
  const root = createRootKey(bytes);
  bytes.fill(0);
  return { root, stored: describeWrapped(root, name, wrapped) };
}

/** The version of the Transit key in `vault:v2:…`; 0 where it does not say. */
function versionOf(wrapped: string): number {
  return Number(/^vault:v(\d{1,9}):/.exec(wrapped)?.[1] ?? 0);
}
