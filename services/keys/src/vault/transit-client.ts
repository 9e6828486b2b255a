import type { Clock } from '@tessera/clock';
import type { VaultConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import { bindPlaintext, unbindPlaintext } from './bound-plaintext.ts';
import { createTokenRenewal } from './token-renewal.ts';
import type { TransitSignature, VaultTransit } from './transit.ts';
import { readCiphertext, readPlaintext, readSignatures, readTransitKey } from './transit-answers.ts';
import { vaultRefused } from './vault-errors.ts';
import { createVaultHttp, type VaultAnswer, type VaultCall, type VaultOutcome } from './vault-http.ts';
import { createVaultTokenSource } from './vault-token.ts';

/** What a client needs. */
export interface VaultTransitOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A key has a public key for each version that is not archived, so the description of an old one is long. */
const MAX_KEY_BYTES = 16 * 1024 * 1024;

/** A new RSA key of 4096 bits takes seconds. */
const ROTATION_TIMEOUT_MS = 20_000;

/**
 * The Transit engine of a Vault or OpenBao server. It connects, and reads the files of token and authorities, at the first
 * call; a token that expires is renewed from then on until it is closed.
 */
export function createVaultTransit(config: VaultConfig, { clock, logger }: VaultTransitOptions): VaultTransit {
  const http = createVaultHttp(config, { clock, logger });
  const tokens = createVaultTokenSource({ config, clock, logger });
  const renewal = createTokenRenewal({
    clock,
    logger,
    isReplaced: config.tokenFile !== undefined,
    ask: async (token, path, body) => answerOf(await http.call({ token, path, ...(body && { body }) })),
  });

  const ask = async (call: Omit<VaultCall, 'token'>): Promise<VaultOutcome> => {
    const token = await tokens.current();
    renewal.keep(token);
    const outcome = await http.call({ ...call, token });
    if (outcome.is !== 'denied') return outcome;
    // A request that was denied did nothing, so it can be made again by a token that has come meanwhile.
    const another = await tokens.reread();
    if (another === token) return outcome;
    renewal.keep(another);
    return http.call({ ...call, token: another });
  };
  const post = async (path: string, body: VaultCall['body'], timeoutMs?: number): Promise<VaultAnswer> =>
    answerOf(
      await ask({ path: `${config.mount}/${path}`, body: body ?? {}, ...(timeoutMs !== undefined && { timeoutMs }) }),
    );

  const readKey: VaultTransit['readKey'] = async (name) => {
    const outcome = await ask({ path: `${config.mount}/keys/${name}`, maxBytes: MAX_KEY_BYTES });
    return outcome.is === 'missing' ? undefined : readTransitKey(answerOf(outcome).data, name);
  };

  return {
    readKey,
    async rotateKey(name) {
      const { data } = await post(`keys/${name}/rotate`, {}, ROTATION_TIMEOUT_MS);
      // Servers before Vault 1.10 say nothing; of two versions made at once the later is as new as the other.
      const key = 'latest_version' in data ? readTransitKey(data, name) : await readKey(name);
      if (key === undefined) throw vaultRefused(`the Transit key ${name} is gone`);
      return key.latestVersion;
    },
    async sign(how, inputs) {
      const { data } = await post(`sign/${how.keyName}`, toSignBody(how, inputs));
      return readSignatures(data, inputs.length, how.keyVersion);
    },
    async encrypt(keyName, plaintext, context) {
      const bound = bindPlaintext(plaintext, context);
      const { data } = await post(`encrypt/${keyName}`, { plaintext: bound.toString('base64') });
      return readCiphertext(data['ciphertext'], bound.length);
    },
    async decrypt(keyName, ciphertext, context) {
      const { data } = await post(`decrypt/${keyName}`, { ciphertext });
      const bound = readPlaintext(data['plaintext']);
      readCiphertext(ciphertext, bound.length);
      return unbindPlaintext(bound, context);
    },
    async rewrap(keyName, ciphertext) {
      const { data } = await post(`rewrap/${keyName}`, { ciphertext });
      return readCiphertext(data['ciphertext']);
    },
    async close() {
      renewal.close();
      await http.close();
    },
  };
}

function answerOf(outcome: VaultOutcome): VaultAnswer {
  if (outcome.is === 'answered') return outcome.answer;
  throw outcome.error;
}

/** The hash stands in the body, as policies are written for `sign/:name` and would not admit `sign/:name/:hash`. */
function toSignBody(how: TransitSignature, inputs: readonly Buffer[]): Readonly<Record<string, unknown>> {
  const { keyVersion, hashAlgorithm, signatureAlgorithm, marshaling } = how;
  return {
    batch_input: inputs.map((input) => ({ input: input.toString('base64') })),
    key_version: keyVersion,
    prehashed: false,
    ...(hashAlgorithm !== undefined && { hash_algorithm: hashAlgorithm }),
    ...(signatureAlgorithm !== undefined && { signature_algorithm: signatureAlgorithm }),
    // Without it the salt is as long as fits, which no verifier of a JWS takes (RFC 7518 §3.5).
    ...(signatureAlgorithm === 'pss' && { salt_length: 'hash' }),
    ...(marshaling !== undefined && { marshaling_algorithm: marshaling }),
  };
}
