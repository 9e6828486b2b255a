import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';
import { createBatcher, failed, type Outcome, succeeded } from '@tessera/rpc';
import type { Logger } from '@tessera/telemetry';
import type { Signer } from '../custodian.ts';
import { isGenuineSignature } from '../signature-check.ts';
import { signerUnavailable, toSigningError } from '../signer-errors.ts';
import type { ModuleConnection } from './module-connection.ts';
import type { SignatureOrder } from './module-protocol.ts';

/** A key that signs. */
export interface TokenKey {
  readonly alg: SigningAlgorithm;
  /** Its `CKA_ID`, in hexadecimal. */
  readonly id: string;
  readonly publicKey: KeyObject;
}

/** Signatures of one message, of all keys. */
const MAX_ITEMS = 16;
/**
 * Messages under way. All of them are to be answered before the library's process counts as hanging, by a device that signs
 * five times a second, too.
 */
const MAX_IN_FLIGHT = 4;

/**
 * Makes signers. What is asked for in one turn of the event loop, by whatever keys, travels together; a lone signature waits
 * for nobody. The first signature that a new process makes by a key is verified, as that is when the key was looked up in the
 * token: a key that was exchanged behind its id signs nothing that leaves this process. Trouble is logged when it begins.
 */
export function createTokenSigner({
  connection,
  logger,
}: {
  readonly connection: Pick<ModuleConnection, 'sign' | 'generation'>;
  readonly logger: Logger;
}): (key: TokenKey) => Signer {
  let isFailing = false;
  const send = createBatcher<SignatureOrder, Uint8Array>({
    name: 'keys.pkcs11Sign',
    maxItems: MAX_ITEMS,
    maxInFlight: MAX_IN_FLIGHT,
    async send(items) {
      const outcomes = await connection.sign(items).catch((error: unknown) => {
        throw toSigningError(error);
      });
      const trouble = outcomes.find((outcome) => !outcome.ok);
      if (trouble?.ok === false && !isFailing)
        logger.warn({ reason: trouble.failure.message }, 'the token does not sign');
      isFailing = trouble !== undefined;
      return outcomes.map(
        (outcome): Outcome<Uint8Array> =>
          outcome.ok ? succeeded(outcome.signature) : failed(signerUnavailable(outcome.failure.message)),
      );
    },
  });

  return ({ alg, id, publicKey }) => {
    let verified = 0;
    return async (input) => {
      const before = connection.generation();
      const bytes = await send({ alg, id, input: Buffer.from(input, 'latin1') }).catch((error: unknown) => {
        throw toSigningError(error);
      });
      const signature = Buffer.from(bytes).toString('base64url');
      if (verified === connection.generation()) return signature;
      if (!isGenuineSignature(alg, publicKey, input, signature)) {
        throw signerUnavailable(`a signature by the key ${id} of the token is not by the key that is published`);
      }
      verified = before;
      return signature;
    };
  };
}
