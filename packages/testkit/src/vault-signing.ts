import { constants, type SignKeyObjectInput, sign } from 'node:crypto';
import { promisify } from 'node:util';
import {
  assertKnownFields,
  bytesField,
  integerField,
  itemsField,
  textField,
  type VaultFields,
} from './vault-fields.ts';
import type { VaultKey } from './vault-keys.ts';
import { VaultRefusal } from './vault-refusal.ts';

const FIELDS = [
  'batch_input',
  'hash_algorithm',
  'input',
  'key_version',
  'marshaling_algorithm',
  'prehashed',
  'salt_length',
  'signature_algorithm',
];

const HASHES: Readonly<Record<string, string>> = { 'sha2-256': 'sha256', 'sha2-384': 'sha384', 'sha2-512': 'sha512' };

const signBytes = promisify(sign);

/** Answers `POST sign/:name`: `data` with one signature, or `batch_results`. */
export async function signByVault(key: VaultKey, fields: VaultFields): Promise<VaultFields> {
  assertKnownFields(fields, FIELDS);
  if (key.type === 'aes256-gcm96') throw new VaultRefusal(400, `key type ${key.type} does not support signing`);
  if (fields['batch_input'] === undefined) return signOne(key, fields, fields);
  const items = itemsField(fields, 'batch_input');
  // An item that fails has an error of its own; the others are answered.
  const results = items.map(async (item) => {
    assertKnownFields(item, ['input']);
    return signOne(key, fields, item).catch((error: unknown) => {
      if (error instanceof VaultRefusal) return { error: error.message };
      throw error;
    });
  });
  return { batch_results: await Promise.all(results) };
}

async function signOne(key: VaultKey, fields: VaultFields, item: VaultFields): Promise<VaultFields> {
  const version = signingVersion(key, integerField(fields, 'key_version'));
  const input = bytesField(item, 'input');
  const made = key.versions.get(version);
  if (made?.kind !== 'pair') throw new VaultRefusal(400, 'no such key version');
  if (fields['prehashed'] === true) throw new VaultRefusal(400, 'this server does not sign hashes');
  const isJws = isJwsMarshaling(fields);
  const { hash, options } = signingOptions(key, fields, isJws);
  const signature = await signBytes(hash, input, { key: made.privateKey, ...options });
  const encoded = signature.toString(isJws ? 'base64url' : 'base64');
  return { signature: `vault:v${version}:${encoded}`, key_version: version };
}

function signingVersion(key: VaultKey, wanted: number): number {
  const version = wanted === 0 ? key.latestVersion : wanted;
  if (version < 0 || version > key.latestVersion) {
    throw new VaultRefusal(400, 'requested version for signing is higher than the latest key version');
  }
  if (version < key.minEncryptionVersion) {
    throw new VaultRefusal(400, 'requested version for signing is less than the minimum encryption key version');
  }
  return version;
}

function isJwsMarshaling(fields: VaultFields): boolean {
  const marshaling = textField(fields, 'marshaling_algorithm') ?? 'asn1';
  if (marshaling !== 'asn1' && marshaling !== 'jws')
    throw new VaultRefusal(400, `invalid marshaling type ${marshaling}`);
  return marshaling === 'jws';
}

interface SigningOptions {
  readonly hash: string | null;
  readonly options: Omit<SignKeyObjectInput, 'key'>;
}

function signingOptions(key: VaultKey, fields: VaultFields, isJws: boolean): SigningOptions {
  if (key.type === 'ed25519') {
    assertAbsent(fields, ['hash_algorithm', 'signature_algorithm', 'salt_length'], key);
    return { hash: null, options: {} };
  }
  const named = textField(fields, 'hash_algorithm') ?? 'sha2-256';
  const hash = HASHES[named];
  if (hash === undefined) throw new VaultRefusal(400, `invalid hash algorithm ${named}`);
  if (!key.type.startsWith('rsa-')) {
    assertAbsent(fields, ['signature_algorithm', 'salt_length'], key);
    return { hash, options: { dsaEncoding: isJws ? 'ieee-p1363' : 'der' } };
  }
  return { hash, options: rsaOptions(fields) };
}

/** As Vault has it: PSS unless said otherwise, with the longest salt unless said otherwise. */
function rsaOptions(fields: VaultFields): Omit<SignKeyObjectInput, 'key'> {
  const algorithm = textField(fields, 'signature_algorithm') ?? 'pss';
  const salt = textField(fields, 'salt_length') ?? 'auto';
  if (algorithm === 'pkcs1v15') return { padding: constants.RSA_PKCS1_PADDING };
  if (algorithm !== 'pss') throw new VaultRefusal(400, `unsupported rsa signature algorithm ${algorithm}`);
  if (salt !== 'auto' && salt !== 'hash') throw new VaultRefusal(400, 'salt length neither auto nor hash');
  const saltLength = salt === 'hash' ? constants.RSA_PSS_SALTLEN_DIGEST : constants.RSA_PSS_SALTLEN_MAX_SIGN;
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

function assertAbsent(fields: VaultFields, names: readonly string[], { type }: VaultKey): void {
  const found = names.filter((name) => name in fields);
  if (found.length > 0) throw new VaultRefusal(400, `${found.join(', ')} mean nothing for a key of type ${type}`);
}
