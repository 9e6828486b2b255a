import { randomBytes } from 'node:crypto';
import type { Pkcs11Config } from '@tessera/config';
import { TesseraError } from '@tessera/errors';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { Custodian } from '../custodian.ts';
import type { Pkcs11Half } from '../private-half.ts';
import { isGenuineSignature, trialInput } from '../signature-check.ts';
import { signerRefused, signerUnavailable } from '../signer-errors.ts';
import { createModuleConnection, type ModuleConnectionOptions } from './module-connection.ts';
import { readTokenPublicKey, type TokenPublicKey } from './public-key.ts';
import { createTokenSigner } from './token-signer.ts';

/** What the custodian is made of. */
export interface Pkcs11CustodianOptions
  extends Pick<ModuleConnectionOptions, 'environment' | 'answerWithinMs' | 'restartAfterMs'> {
  readonly config: Pkcs11Config;
  /** Size of new RSA keys, in bits. */
  readonly rsaKeyBits: 2048 | 3072 | 4096;
  /** What keys will be made for: the token is asked at the start whether it can. None when its keys are only used up. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly logger: Logger;
}

const ID_BYTES = 16;
/** Objects without an id would be found by an empty one. */
const ID = /^(?:[0-9a-f]{2}){8,64}$/;

/**
 * Private keys in a PKCS #11 token. They are made in it and never leave it: what is stored of one is its `CKA_ID`, by which
 * any replica finds it that has the same token. The vendor's library runs in a process of its own.
 *
 * A token that is away is no failure here: it is looked for again whenever a key is made, opened or to sign. Throws
 * `keys.signer_refused` when the library cannot be loaded, the PIN is refused, or the token lacks what an algorithm needs.
 */
export async function createPkcs11Custodian(options: Pkcs11CustodianOptions): Promise<Custodian<'pkcs11'>> {
  const { config, rsaKeyBits, algorithms, logger } = options;
  const connection = createModuleConnection(options);
  const sign = createTokenSigner({ connection, logger });

  const readKey = async (alg: SigningAlgorithm, id: string): Promise<TokenPublicKey> => {
    if (!ID.test(id)) throw signerRefused('what is stored of the key is no id of a key in a token');
    return readTokenPublicKey(await connection.ask('read', { id }), alg, id);
  };
  /** That its halves belong together. */
  const tryOut = async (alg: SigningAlgorithm, id: string, { key }: TokenPublicKey): Promise<void> => {
    const [outcome] = await connection.sign([{ alg, id, input: Buffer.from(trialInput, 'latin1') }]);
    if (outcome?.ok === false && outcome.failure.kind !== 'refused') throw signerUnavailable(outcome.failure.message);
    const signature = outcome?.ok === true ? Buffer.from(outcome.signature).toString('base64url') : '';
    if (!isGenuineSignature(alg, key, trialInput, signature)) {
      const reason = outcome?.ok === false ? outcome.failure.message : 'its halves do not belong together';
      throw signerRefused(`the key ${id} of the token makes no ${alg} signature: ${reason}`);
    }
  };
  const destroy = async ({ id }: Pkcs11Half): Promise<void> => {
    if (ID.test(id)) await connection.ask('destroy', { id });
  };

  await checkAbilities();
  return {
    type: 'pkcs11',
    async create(alg) {
      const id = randomBytes(ID_BYTES).toString('hex');
      try {
        await connection.ask('generate', { alg, rsaKeyBits, id, label: config.keyLabel });
        const made = await readKey(alg, id);
        await tryOut(alg, id, made);
        logger.info({ kid: made.kid, alg, key_id: id, token_label: config.tokenLabel }, 'a key was made in the token');
        return { kid: made.kid, publicJwk: made.publicJwk, privateHalf: { signer: 'pkcs11', id } };
      } catch (error) {
        // Nobody will know the key, so it shall not stay; where the token has gone, that cannot be helped.
        if (isRefusal(error)) await destroy({ signer: 'pkcs11', id }).catch(() => undefined);
        throw error;
      }
    },
    async open(alg, kid, { id }) {
      const opened = await readKey(alg, id);
      if (opened.kid !== kid) throw signerRefused(`the key ${id} of the token is not the key ${kid}`);
      await tryOut(alg, id, opened);
      return sign({ alg, id, publicKey: opened.key });
    },
    destroy,
    close: () => connection.close(),
  };

  async function checkAbilities(): Promise<void> {
    try {
      const lacking = await connection.ask('check', { algorithms, rsaKeyBits });
      if (lacking.length === 0) return;
      throw signerRefused(`the token ${config.tokenLabel} lacks what is configured: ${lacking.join('; ')}`);
    } catch (error) {
      if (!isRefusal(error)) return;
      await connection.close();
      throw error;
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof TesseraError && error.code === 'keys.signer_refused';
}
