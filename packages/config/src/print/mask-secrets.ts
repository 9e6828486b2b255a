/** What stands in the place of a secret. */
export const secretMask = '*****';

/** Keys whose text is a secret, wherever they occur; compared without regard to case. */
const secretKeys: ReadonlySet<string> = new Set([
  'secret',
  'pairwisesecret',
  'hmacsecret',
  'clientsecret',
  'bindpw',
  'password',
  'hash',
  'token',
  'pin',
  'cookieencryptionkey',
  'clientkeydata',
]);

/** Blocks in which the key `value` is a secret. */
const secretValueBlocks: ReadonlySet<string> = new Set(['keyencryption', 'alsoopens', 'secrets', 'furthersecrets']);

/**
 * A copy in which every secret is replaced by `*****`: client secrets, bind and database passwords, password hashes, the
 * key-encryption keys, tokens of Vault, PINs, the secret of pairwise subjects, secrets of APIs. Works on the effective configuration and on its file form alike. Empty text stays empty.
 */
export function maskSecrets<T>(value: T): T {
  return mask(value, '') as T;
}

function mask(value: unknown, block: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => mask(item, block));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]: [string, unknown]) => {
      const name = key.toLowerCase();
      const isSecret = secretKeys.has(name) || (name === 'value' && secretValueBlocks.has(block));
      if (isSecret && typeof child === 'string') return [key, child === '' ? '' : secretMask];
      return [key, mask(child, name)];
    }),
  );
}
