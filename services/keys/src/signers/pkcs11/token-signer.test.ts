import { generateKeyPairSync, sign as signWith } from 'node:crypto';
import { createLogger } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import type { SignatureOrder, SignatureOutcome } from './module-protocol.ts';
import { createTokenSigner } from './token-signer.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519').privateKey;
const key = { alg: 'EdDSA', id: 'a1', publicKey } as const;

/** A token whose answers the test decides on. */
function fakeToken(answer: (item: SignatureOrder) => SignatureOutcome) {
  const batches: (readonly string[])[] = [];
  const lines: string[] = [];
  const state = { generation: 1 };
  const connection = {
    generation: () => state.generation,
    async sign(items: readonly SignatureOrder[]) {
      batches.push(items.map(({ id, input }) => `${id} ${Buffer.from(input).toString()}`));
      return items.map(answer);
    },
  };
  const stream = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'keys', level: 'info', format: 'text', stream });
  return { batches, lines, state, createSigner: createTokenSigner({ connection, logger }) };
}

const genuine = ({ input }: SignatureOrder, by = privateKey): SignatureOutcome => ({
  ok: true,
  signature: signWith(null, input, by),
});
const refusal: SignatureOutcome = { ok: false, failure: { kind: 'refused', message: 'the token says no' } };

describe('signers of a token', () => {
  it('send what is asked for in one turn by all keys in one message, and a lone signature at once', async () => {
    const { batches, createSigner } = fakeToken((item) => genuine(item));
    const [one, two] = [createSigner(key), createSigner({ ...key, id: 'b2' })];
    await Promise.all([one('1'), two('2'), one('3')]);
    await one('4');
    expect(batches).toEqual([['a1 1', 'b2 2', 'a1 3'], ['a1 4']]);
  });

  it('fail one signature alone, and say so in the log once', async () => {
    const { lines, createSigner } = fakeToken((item) =>
      Buffer.from(item.input).equals(Buffer.from('2')) ? refusal : genuine(item),
    );
    const sign = createSigner(key);
    for (const _ of [1, 2]) {
      const [first, second] = await Promise.allSettled([sign('1'), sign('2')]);
      expect(first?.status).toBe('fulfilled');
      expect(second).toMatchObject({ reason: { kind: 'unavailable', code: 'keys.signer_unavailable' } });
    }
    expect(lines.filter((line) => line.includes('the token does not sign'))).toHaveLength(1);
  });

  it('refuse a signature by another key after the token was opened anew, until it is the right one again', async () => {
    let by = privateKey;
    const { state, createSigner } = fakeToken((item) => genuine(item, by));
    const sign = createSigner(key);
    const expected = signWith(null, Buffer.from('x'), privateKey).toString('base64url');
    expect(await sign('x')).toBe(expected);
    state.generation = 2;
    by = other;
    const failure = {
      code: 'keys.signer_unavailable',
      message: expect.stringContaining('not by the key that is published'),
    };
    await expect(sign('x')).rejects.toMatchObject(failure);
    await expect(sign('x')).rejects.toMatchObject(failure);
    by = privateKey;
    expect(await sign('x')).toBe(expected);
  });
});
