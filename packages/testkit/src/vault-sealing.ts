import {
  constants,
  createCipheriv,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { assertKnownFields, bytesField, decodeBase64, textField, type VaultFields } from './vault-fields.ts';
import type { VaultKey, VaultKeyVersion } from './vault-keys.ts';
import { VaultRefusal } from './vault-refusal.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Answers `POST encrypt/:name`. */
export function encryptByVault(key: VaultKey, fields: VaultFields): VaultFields {
  assertKnownFields(fields, ['plaintext']);
  return seal(key, bytesField(fields, 'plaintext'));
}

/** Answers `POST decrypt/:name`. */
export function decryptByVault(key: VaultKey, fields: VaultFields): VaultFields {
  assertKnownFields(fields, ['ciphertext']);
  return { plaintext: open(key, fields).toString('base64') };
}

/** Answers `POST rewrap/:name`. */
export function rewrapByVault(key: VaultKey, fields: VaultFields): VaultFields {
  assertKnownFields(fields, ['ciphertext']);
  return seal(key, open(key, fields));
}

function seal(key: VaultKey, plaintext: Buffer): VaultFields {
  const version = key.latestVersion;
  const sealed = sealBytes(versionOf(key, version), plaintext);
  return { ciphertext: `vault:v${version}:${sealed.toString('base64')}`, key_version: version };
}

function open(key: VaultKey, fields: VaultFields): Buffer {
  const [, digits = '', encoded = ''] = /^vault:v(\d+):(.+)$/.exec(textField(fields, 'ciphertext') ?? '') ?? [];
  if (encoded === '') throw new VaultRefusal(400, 'invalid ciphertext: no prefix');
  const version = Number(digits);
  if (version > key.latestVersion) throw new VaultRefusal(400, 'invalid ciphertext: version is too new');
  if (version < key.minDecryptionVersion)
    throw new VaultRefusal(400, 'ciphertext or signature version is disallowed by policy (too old)');
  try {
    return openBytes(versionOf(key, version), decodeBase64(encoded, 'ciphertext'));
  } catch {
    throw new VaultRefusal(400, 'cipher: message authentication failed');
  }
}

function versionOf(key: VaultKey, version: number): VaultKeyVersion {
  const made = key.versions.get(version);
  if (made === undefined) throw new VaultRefusal(400, 'no such key version');
  return made;
}

function sealBytes(version: VaultKeyVersion, plaintext: Buffer): Buffer {
  if (version.kind === 'pair') return publicEncrypt(oaep(version.publicKey), plaintext);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', version.secret, nonce);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function openBytes(version: VaultKeyVersion, sealed: Buffer): Buffer {
  if (version.kind === 'pair') return privateDecrypt(oaep(version.privateKey), sealed);
  const decipher = createDecipheriv('aes-256-gcm', version.secret, sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

function oaep(key: KeyObject) {
  if (key.asymmetricKeyType !== 'rsa')
    throw new VaultRefusal(400, 'message encryption not supported for this key type');
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;
}
