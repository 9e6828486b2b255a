import { expect, it } from 'vitest';
import type { Custodian, Signer } from '../custodian.ts';
import type { CustodianBench, CustodianExpectations } from './describe-custodian.ts';
import { expectGenuine } from './signatures.ts';

/** What does not open, by whoever finds it out: the envelope of a sealed key, or the place that keeps it. */
const DOES_NOT_OPEN = {
  kind: 'invalid_argument',
  code: expect.stringMatching(/^keys\.(wrong_key_encryption_key|signer_refused)$/),
};

const OUT_OF_REACH = { kind: 'unavailable', code: 'keys.signer_unavailable' };

/** What a custodian refuses, and how it ends. */
export function refusalsSuite(bench: () => CustodianBench, expectations: CustodianExpectations): void {
  openingSuite(bench, expectations);
  destroyingSuite(bench, expectations);
  outageSuite(bench, expectations);
  closingSuite(bench, expectations);
}

function openingSuite(bench: () => CustodianBench, { algorithms }: CustodianExpectations): void {
  it.each(algorithms)('what is stored of a key for %s does not open once it is damaged', async (alg) => {
    const { harness, replica, key } = bench();
    const { kid, privateHalf } = (await key(alg)).made;
    await expect(replica.open(alg, kid, harness.damage(privateHalf))).rejects.toMatchObject(DOES_NOT_OPEN);
  });

  it.each(algorithms)('a key for %s does not open under the kid of another, which is published', async (alg) => {
    const { replica, key } = bench();
    const { kid, privateHalf } = (await key(alg)).made;
    const other = kid.startsWith('A') ? `B${kid.slice(1)}` : `A${kid.slice(1)}`;
    await expect(replica.open(alg, other, privateHalf)).rejects.toMatchObject(DOES_NOT_OPEN);
  });

  it('RFC 8725 §3.1: a key does not open for an algorithm of another kind of key', async () => {
    const { replica, key } = bench();
    const keys = await Promise.all(algorithms.map(key));
    const kinds = Map.groupBy(keys, ({ made }) => `${made.publicJwk['kty']} ${made.publicJwk['crv']}`);
    for (const [kind, [one]] of kinds) {
      if (one === undefined) continue;
      for (const [otherKind, [other]] of kinds) {
        if (otherKind === kind || other === undefined) continue;
        const opening = replica.open(other.alg, one.made.kid, one.made.privateHalf);
        await expect(opening, `${one.alg} as ${other.alg}`).rejects.toMatchObject(DOES_NOT_OPEN);
      }
    }
  });
}

function destroyingSuite(bench: () => CustodianBench, { algorithms, destroys }: CustodianExpectations): void {
  it.each(algorithms)('destroying a key for %s again changes nothing, and leaves other keys alone', async (alg) => {
    const { custodian, replica, key } = bench();
    const kept = await key(alg);
    const { kid, privateHalf } = await custodian.create(alg, [kept.made.privateHalf]);
    await custodian.destroy(privateHalf);
    await custodian.destroy(privateHalf);
    await replica.destroy(privateHalf);
    if (destroys) await expect(replica.open(alg, kid, privateHalf)).rejects.toMatchObject(DOES_NOT_OPEN);
    await expectGenuine(kept, { sub: 'kept' });
    const sign = await replica.open(alg, kept.made.kid, kept.made.privateHalf);
    await expectGenuine({ ...kept, sign }, { sub: 'kept' });
  });
}

function outageSuite(bench: () => CustodianBench, { algorithms, canBeOutOfReach }: CustodianExpectations): void {
  if (!canBeOutOfReach) return;
  it('while the place is out of reach, everything says so, and goes on afterwards', async () => {
    const { harness, custodian, replica, key } = bench();
    const { outage } = harness;
    if (outage === undefined) throw new Error('the harness has to put the place out of reach');
    const keys = await Promise.all(algorithms.map(key));
    await outage.begin();
    try {
      for (const { alg, made, sign } of keys) {
        await expect(settle(sign)).rejects.toMatchObject(OUT_OF_REACH);
        await expect(custodian.create(alg, [made.privateHalf])).rejects.toMatchObject(OUT_OF_REACH);
        await expect(replica.open(alg, made.kid, made.privateHalf)).rejects.toMatchObject(OUT_OF_REACH);
      }
    } finally {
      await outage.end();
    }
    for (const one of keys) await expectGenuine(one, { sub: 'back again' });
  });
}

function closingSuite(bench: () => CustodianBench, { algorithms }: CustodianExpectations): void {
  it('once closed it signs no more; what was under way is signed or refused, and other replicas go on', async () => {
    const { harness, key } = bench();
    const keys = await Promise.all(algorithms.map(key));
    const closing: Custodian = await harness.open();
    const signers = await Promise.all(keys.map(({ alg, made }) => closing.open(alg, made.kid, made.privateHalf)));
    const underWay = Promise.allSettled(signers.map(settle));
    await closing.close();
    for (const outcome of await underWay) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(OUT_OF_REACH);
      else expect(outcome.value).toMatch(/^[\w-]{80,}$/);
    }
    for (const sign of signers) await expect(settle(sign)).rejects.toMatchObject(OUT_OF_REACH);
    await closing.close();
    for (const one of keys) await expectGenuine(one, { sub: 'of those that go on' });
  });
}

/** A signature, or a rejection also where the signer throws at once. */
async function settle(sign: Signer): Promise<string> {
  return sign('e30.e30');
}
