import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import { waitFor } from '@tessera/testkit';
import { describeCustodian } from '../conformance/describe-custodian.ts';
import type { Custodian } from '../custodian.ts';
import { createTokenBench } from './testing/token-bench.ts';

/** An id that no key has: to destroy it is no change, and asks the token. */
const NOBODY = { signer: 'pkcs11', id: '00'.repeat(16) } as const;

describeCustodian<'pkcs11'>(
  'of keys in a PKCS #11 token',
  async () => {
    const bench = await createTokenBench();
    const opened: Custodian<'pkcs11'>[] = [];
    return {
      async open() {
        const custodian = await bench.open({ algorithms: SIGNING_ALGORITHMS, restartAfterMs: 1_000 });
        opened.push(custodian);
        return custodian;
      },
      damage(half) {
        return { ...half, id: (half.id.startsWith('0') ? '1' : '0') + half.id.slice(1) };
      },
      outage: {
        begin: () => bench.token.unplug(),
        async end() {
          await bench.token.plugIn();
          for (const custodian of opened) {
            const answers = () =>
              custodian.destroy(NOBODY).then(
                () => true,
                () => false,
              );
            await waitFor(answers, { what: 'the token to answer again' });
          }
        },
      },
      close: () => bench[Symbol.asyncDispose](),
    };
  },
  { algorithms: SIGNING_ALGORITHMS, destroys: true, canBeOutOfReach: true },
);
