import type { KeyEncryptionSource } from '@tessera/config';
import { createDocumentStore } from '../document-store.ts';
import type { KeyEncryptionOptions } from '../key-encryption-key.ts';
import { readKeyFile, readOrCreateKeyFile } from '../key-file.ts';
import type { SealingRing } from '../sealing-ring.ts';
import { createFileSource } from './file-source.ts';
import { createEphemeralSource, createValueSource } from './fixed-source.ts';
import type { KeySource, SourceRole } from './key-source.ts';
import { createVaultSource } from './vault-source.ts';

/** The sources of a configuration, nothing read from them yet. */
export interface KeySources {
  readonly sealing: KeySource;
  readonly others: readonly KeySource[];
}

/** Opens the sources; `documents` is the ring that they will make together. Throws for a malformed value. */
export async function openSources(options: KeyEncryptionOptions, documents: SealingRing): Promise<KeySources> {
  const { config, mayMake, logger } = options;
  const opened = new Set<string>();
  const open = async (source: KeyEncryptionSource, role: SourceRole): Promise<KeySource> => {
    const isMaker = role === 'seals' && mayMake;
    switch (source.type) {
      case 'ephemeral':
        return createEphemeralSource(role);
      case 'value':
        return createValueSource(source.value, role);
      case 'file': {
        const { file, createIfMissing } = source;
        const make = (missing: string): Promise<string> => readOrCreateKeyFile(missing, () => hasDocuments(options));
        return createFileSource({ file, role, logger, readFirst: isMaker && createIfMissing ? make : readKeyFile });
      }
      case 'vault': {
        const { vault, keyName } = source;
        const transit = await options.openTransit(vault);
        const assertMayMake = isMaker ? () => assertOpens(options, documents) : undefined;
        return createVaultSource({ ...options, vault, keyName, role, transit, opened, assertMayMake });
      }
    }
  };
  return {
    sealing: await open(config, 'seals'),
    others: await Promise.all((config.alsoOpens ?? []).map((source) => open(source, 'opens'))),
  };
}

async function hasDocuments({ storage, documentNames }: KeyEncryptionOptions): Promise<boolean> {
  const stored = await Promise.all(documentNames.map((name) => storage.getKeySet(name)));
  return stored.some(({ version }) => version > 0);
}

/** Throws what a document store throws unless everything that is stored opens. */
async function assertOpens({ storage, documentNames }: KeyEncryptionOptions, ring: SealingRing): Promise<void> {
  for (const name of documentNames) {
    await createDocumentStore({ storage, name, ring, toJson: String, fromJson: String }).load();
  }
}
