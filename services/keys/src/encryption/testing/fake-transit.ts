import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { TesseraError, unavailable } from '@tessera/errors';
import type { VaultTransit } from '../../vault/transit.ts';

/** The Transit engine of a Vault server in memory, for tests: symmetric keys with versions. */
export interface FakeTransit extends VaultTransit {
  /** While true every call fails with `unavailable`. */
  isDown: boolean;
  /** Number of calls so far. */
  calls: number;
  /** Makes a key. */
  createKey(name: string): void;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A server with the keys of these names. */
export function createFakeTransit(...names: readonly string[]): FakeTransit {
  const keys = new Map<string, Buffer[]>();
  const versionsOf = (name: string): Buffer[] => {
    fake.calls += 1;
    if (fake.isDown) throw unavailable('keys.vault_unavailable', 'Vault does not answer');
    const versions = keys.get(name);
    if (versions === undefined) throw refused(`no key ${name}`);
    return versions;
  };
  const decrypt = (name: string, ciphertext: string, context: Buffer): Buffer => {
    const versions = versionsOf(name);
    const [, version = '', payload = ''] = /^vault:v(\d+):(.*)$/.exec(ciphertext) ?? [];
    const key = versions[Number(version) - 1];
    // Like the server, it does not mind how the last character of base64 is filled up.
    const bytes = Buffer.from(payload, 'base64');
    if (key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) throw refused('no such version');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(context).setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    try {
      return Buffer.concat([opened, decipher.final()]);
    } catch {
      throw refused('message authentication failed');
    }
  };
  const encrypt = (name: string, plaintext: Buffer, context: Buffer): string => {
    const versions = versionsOf(name);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', versions.at(-1) ?? '', nonce).setAAD(context);
    const parts = [nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
    return `vault:v${versions.length}:${Buffer.concat(parts).toString('base64')}`;
  };
  const fake: FakeTransit = {
    isDown: false,
    calls: 0,
    createKey: (name) => void keys.set(name, [randomBytes(32)]),
    async readKey(name) {
      const latestVersion = keys.has(name) || fake.isDown ? versionsOf(name).length : 0;
      return latestVersion === 0 ? undefined : { name, type: 'aes256-gcm96', versions: [], latestVersion };
    },
    rotateKey: async (name) => versionsOf(name).push(randomBytes(32)),
    async sign() {
      throw refused('these keys do not sign');
    },
    encrypt: async (name, plaintext, context) => encrypt(name, plaintext, context),
    decrypt: async (name, ciphertext, context) => decrypt(name, ciphertext, context),
    rewrap: async (name, ciphertext, context) => encrypt(name, decrypt(name, ciphertext, context), context),
    async close() {},
  };
  for (const name of names) fake.createKey(name);
  return fake;
}

function refused(message: string): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.vault_refused', message });
}
