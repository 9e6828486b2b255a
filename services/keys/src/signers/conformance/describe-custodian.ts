import type { SigningAlgorithm } from '@tessera/oauth';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Custodian, NewKey, Signer } from '../custodian.ts';
import type { PrivateHalf, PrivateHalfOf } from '../private-half.ts';
import { keysSuite } from './keys.ts';
import { refusalsSuite } from './refusals.ts';
import { signaturesSuite } from './signatures.ts';

/** How the suite gets hold of a place that keeps private keys. */
export interface CustodianHarness<T extends PrivateHalf['signer'] = PrivateHalf['signer']> {
  /** A custodian of that place, each time another one, as other replicas have it. The suite closes it. */
  open(): PromiseLike<Custodian<T>>;
  /** What is stored of a key, so changed that it cannot be opened: damaged, or the name of a key that there never was. */
  damage(privateHalf: PrivateHalfOf<T>): PrivateHalfOf<T>;
  /** Where {@link CustodianExpectations.canBeOutOfReach}. */
  readonly outage?: {
    begin(): PromiseLike<void>;
    /** Resolves when the place answers again. */
    end(): PromiseLike<void>;
  };
  close(): PromiseLike<void>;
}

/** What the custodian is expected to do. */
export interface CustodianExpectations {
  /** The algorithms that it makes keys for. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** Whether a destroyed private half can be opened no more. Local ones leave with the document, so theirs still could. */
  readonly destroys: boolean;
  /** Whether the keys are in another process or device, which may not answer. */
  readonly canBeOutOfReach: boolean;
  /** Longest time of one test, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number;
}

/** A key of the suite, by an algorithm. */
export interface BenchKey {
  readonly alg: SigningAlgorithm;
  readonly made: NewKey;
  /** As the custodian that made it opens it. */
  readonly sign: Signer;
}

/** What the tests of the suite stand on. */
export interface CustodianBench {
  readonly harness: CustodianHarness;
  /** The one that made the keys. */
  readonly custodian: Custodian;
  /** Of another replica. */
  readonly replica: Custodian;
  /** One of each algorithm; a key is made once, as some places take long. */
  readonly key: (alg: SigningAlgorithm) => Promise<BenchKey>;
}

/** Everything that a custodian has to do, wherever it keeps private keys. */
export function describeCustodian<T extends PrivateHalf['signer']>(
  name: string,
  start: () => PromiseLike<CustodianHarness<T>>,
  expectations: CustodianExpectations,
): void {
  const { timeoutMs = 60_000 } = expectations;
  describe(`the custodian ${name}`, { timeout: timeoutMs }, () => {
    let started: CustodianBench | undefined;
    beforeAll(async () => {
      // The suite hands a custodian nothing but what that custodian made.
      started = await startBench((await start()) as unknown as CustodianHarness);
    }, timeoutMs);
    afterAll(async () => {
      await started?.custodian.close();
      await started?.replica.close();
      await started?.harness.close();
    }, timeoutMs);
    const bench = (): CustodianBench => {
      if (started === undefined) throw new Error('the custodian did not start');
      return started;
    };
    keysSuite(bench, expectations);
    signaturesSuite(bench, expectations);
    refusalsSuite(bench, expectations);
  });
}

async function startBench(harness: CustodianHarness): Promise<CustodianBench> {
  const custodian = await harness.open();
  const replica = await harness.open();
  const keys = new Map<SigningAlgorithm, Promise<BenchKey>>();
  const make = async (alg: SigningAlgorithm): Promise<BenchKey> => {
    const made = await custodian.create(alg, []);
    return { alg, made, sign: await custodian.open(alg, made.kid, made.privateHalf) };
  };
  return {
    harness,
    custodian,
    replica,
    key(alg) {
      const key = keys.get(alg) ?? make(alg);
      keys.set(alg, key);
      return key;
    },
  };
}
