import { createSecretKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { VaultRefusal } from './vault-refusal.ts';

/** The types of keys that the server makes. */
export type VaultKeyType =
  | 'aes256-gcm96'
  | 'ecdsa-p256'
  | 'ecdsa-p384'
  | 'ecdsa-p521'
  | 'ed25519'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096';

/** One version of a key: a key pair, or one secret key. */
export type VaultKeyVersion =
  | { readonly kind: 'pair'; readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  | { readonly kind: 'secret'; readonly secret: KeyObject };

/** A key of the Transit engine. */
export interface VaultKey {
  readonly name: string;
  readonly type: VaultKeyType;
  readonly versions: Map<number, VaultKeyVersion>;
  latestVersion: number;
  /** 0: any. */
  minEncryptionVersion: number;
  minDecryptionVersion: number;
}

/** The keys of a Transit engine. */
export interface VaultKeys {
  /** Makes a key of one version; one that is there stays as it is. */
  create(name: string, type: string): Promise<VaultKey>;
  find(name: string): VaultKey | undefined;
  /** @throws Error when there is no such key. */
  get(name: string): VaultKey;
  rotate(key: VaultKey): Promise<void>;
  delete(name: string): void;
}

const generate = promisify(generateKeyPair);
const CURVES: Readonly<Record<string, string>> = {
  'ecdsa-p256': 'P-256',
  'ecdsa-p384': 'P-384',
  'ecdsa-p521': 'P-521',
};

/** A Transit engine without keys. */
export function createVaultKeys(): VaultKeys {
  const keys = new Map<string, VaultKey>();
  const rotate = async (key: VaultKey): Promise<void> => {
    const version = await generateVersion(key.type);
    // Counted only now: another rotation may have ended meanwhile.
    key.latestVersion += 1;
    key.versions.set(key.latestVersion, version);
  };
  return {
    async create(name, type) {
      const found = keys.get(name);
      if (found !== undefined) return found;
      if (!/^\w(?:[\w.-]*\w)?$/.test(name)) throw new VaultRefusal(404, `no handler for a key named ${name}`);
      if (!isKeyType(type)) throw new VaultRefusal(400, `unknown key type ${type}`);
      const key = {
        name,
        type,
        versions: new Map(),
        latestVersion: 0,
        minEncryptionVersion: 0,
        minDecryptionVersion: 1,
      };
      await rotate(key);
      keys.set(name, key);
      return key;
    },
    find: (name) => keys.get(name),
    get(name) {
      const key = keys.get(name);
      if (key === undefined) throw new Error(`there is no key ${name}`);
      return key;
    },
    rotate,
    delete: (name) => void keys.delete(name),
  };
}

/** A key as `GET keys/:name` describes it; of the versions, those that are not archived. */
export function describeVaultKey(key: VaultKey): Readonly<Record<string, unknown>> {
  const isSymmetric = key.type === 'aes256-gcm96';
  const shown = [...key.versions].filter(([version]) => version >= key.minDecryptionVersion);
  return {
    name: key.name,
    type: key.type,
    derived: false,
    deletion_allowed: false,
    exportable: false,
    imported_key: false,
    latest_version: key.latestVersion,
    min_available_version: 0,
    min_decryption_version: key.minDecryptionVersion,
    min_encryption_version: key.minEncryptionVersion,
    supports_encryption: isSymmetric || key.type.startsWith('rsa-'),
    supports_signing: !isSymmetric,
    keys: Object.fromEntries(shown.map(([version, made]) => [String(version), describeVersion(key.type, made)])),
  };
}

function describeVersion(type: VaultKeyType, version: VaultKeyVersion): unknown {
  const creationTime = '2026-01-01T00:00:00.000000000Z';
  if (version.kind === 'secret') return Date.parse(creationTime) / 1000;
  return { name: CURVES[type] ?? type, public_key: formatPublicKey(version.publicKey), creation_time: creationTime };
}

function formatPublicKey(key: KeyObject): string {
  if (key.asymmetricKeyType !== 'ed25519') return String(key.export({ format: 'pem', type: 'spki' }));
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
}

function isKeyType(type: string): type is VaultKeyType {
  return ['aes256-gcm96', 'ed25519', 'rsa-2048', 'rsa-3072', 'rsa-4096'].includes(type) || type in CURVES;
}

async function generateVersion(type: VaultKeyType): Promise<VaultKeyVersion> {
  if (type === 'aes256-gcm96') return { kind: 'secret', secret: createSecretKey(randomBytes(32)) };
  return { kind: 'pair', ...(await generatePair(type)) };
}

function generatePair(type: Exclude<VaultKeyType, 'aes256-gcm96'>) {
  if (type === 'ed25519') return generate('ed25519');
  const namedCurve = CURVES[type];
  if (namedCurve !== undefined) return generate('ec', { namedCurve });
  return generate('rsa', { modulusLength: Number(type.slice('rsa-'.length)) });
}
