import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness, grantNow, words } from './bench-api.ts';
import { AWKWARD_TEXT, sampleCode, sampleUser } from './samples.ts';

/** What every durable store has to do with stored people. */
export function peopleSuite(harness: DurableHarness): void {
  describe('people', () => {
    test('a person is found by email in any case, replaced and deleted', async () => {
      const bench = await createBench(harness);
      const identity = { ...sampleUser().identity, username: AWKWARD_TEXT };
      await bench.putUser(sampleUser({ email: 'Jane@EXAMPLE.org', identity }));
      expect(await bench.api.findUser('jANE@example.org')).toEqual(sampleUser({ identity }));
      await bench.putUser(sampleUser({ isEnabled: false }));
      expect(await bench.api.findUser('jane@example.org')).toEqual(sampleUser({ isEnabled: false }));
      expect(await bench.deleteUser('Jane@example.org')).toBe(true);
      expect(await bench.deleteUser('Jane@example.org')).toBe(false);
      expect(await bench.api.findUser('jane@example.org')).toBeUndefined();
      expect(await bench.api.findUser('jane\0@example.org')).toBeUndefined();
      expect(await bench.api.findUser("' OR 1=1 --")).toBeUndefined();
      await bench.durable.close();
    });

    test('N40: a code of a person who is gone, disabled or another one meanwhile is refused, and is dead from then on', async () => {
      for (const change of ['gone', 'disabled', 'other'] as const) {
        const bench = await createBench(harness);
        await bench.putUser(sampleUser());
        const code = sampleCode(await bench.putCode({ connectorId: 'local' }));
        const elsewhere = sampleCode(await bench.putCode());
        if (change === 'gone') await bench.deleteUser('JANE@example.org');
        if (change === 'disabled') await bench.putUser(sampleUser({ isEnabled: false }));
        if (change === 'other')
          await bench.putUser(sampleUser({ identity: { ...sampleUser().identity, userId: 'u2' } }));
        bench.counted();
        const refused = { ok: true, value: { type: 'refused', refusal: 'unknown' } };
        expect(await bench.api.redeemCodes([code, elsewhere])).toEqual([
          refused,
          expect.objectContaining({ value: expect.objectContaining({ type: 'redeemed' }) }),
        ]);
        expect(bench.counted()).toEqual(['insert_grants', 'revoke_grants']);
        expect((await grantNow(bench.api, code.grantId)).revokedAt).toEqual(bench.clock.now());
        await bench.putUser(sampleUser());
        expect(words(await bench.api.redeemCodes([code, sampleCode(code.codeId)]))).toEqual(['replayed', 'replayed']);
        await bench.durable.close();
      }
    });

    test('N40: who repeats a redemption after the code expired gets nothing when the person is gone meanwhile', async () => {
      const bench = await createBench(harness);
      await bench.putUser(sampleUser());
      const code = sampleCode(await bench.putCode({ connectorId: 'local' }, 60));
      expect(words(await bench.api.redeemCodes([code]))).toEqual(['redeemed']);
      bench.clock.advance(60);
      expect(words(await bench.api.redeemCodes([code]))).toEqual(['redeemed']);
      await bench.putUser(sampleUser({ isEnabled: false }));
      expect(words(await bench.api.redeemCodes([code]))).toEqual(['unknown']);
      await bench.putUser(sampleUser());
      expect((await grantNow(bench.api, code.grantId)).revokedAt).toEqual(bench.clock.now());
      await bench.durable.close();
    });

    test('N40: people of the configuration file are judged by it', async () => {
      const bench = await createBench(harness, {
        staticPasswords: [
          {
            email: 'Jane@Example.org',
            username: 'jane',
            emailVerified: true,
            userId: 'u1',
            groups: [],
            hash: '$2b$10$abcdefghijklmnopqrstuuJ1Zl0g0w0W0m1Qq7lT0nQz3pX0e1y2a',
            claims: {},
          },
        ],
      });
      const [code, stranger] = [
        sampleCode(await bench.putCode({ connectorId: 'local' })),
        sampleCode(await bench.putCode({ connectorId: 'local', identity: { ...sampleUser().identity, userId: 'u9' } })),
      ];
      bench.counted();
      expect(await bench.api.redeemCodes([code, stranger])).toMatchObject([
        { value: { type: 'redeemed' } },
        { value: { type: 'refused', refusal: 'unknown' } },
      ]);
      expect(bench.counted()).toEqual(['insert_grants', 'revoke_grants']);
      await bench.durable.close();
    });
  });
}
