import type { TesseraConfig } from '@tessera/config';
import type { ConfiguredAlgorithms } from '../../rotation/key-sets.ts';
import { createRotationPolicy, type RotationPolicy } from '../../rotation/policy.ts';
import type { SimulationOptions } from './options.ts';
import { createSeededRandom } from './random.ts';

const HOUR = 3600;
const ROTATIONS = [6, 6, 6, 12, 24, 24, 72, 2].map((hours) => hours * HOUR);
const LIFETIMES = [HOUR, 24 * HOUR, 600, 8 * HOUR];
const SETS: readonly ConfiguredAlgorithms[] = [
  ['RS256'],
  ['ES256', 'EdDSA'],
  ['RS256', 'ES256', 'PS384'],
  ['EdDSA', 'RS256'],
];

/** The policy that a configuration has. */
export function policyOf(
  rotationSeconds: number,
  algorithms: ConfiguredAlgorithms,
  lifetimeSeconds: number,
): RotationPolicy {
  const [algorithm] = algorithms;
  const made = { type: 'local', rsaKeyBits: 2048, selfSignedCertificates: false } as const;
  const signer = { ...made, keysRotationPeriodSeconds: rotationSeconds, algorithm, algorithms };
  const expiry = { idTokensSeconds: lifetimeSeconds, accessTokensSeconds: lifetimeSeconds };
  return createRotationPolicy({ signer, expiry, staticClients: [] } as unknown as TesseraConfig);
}

/** What the seed decides: rotation, lifetimes and algorithms, and whether replicas change them on the way. */
export function chooseScenario(seed: number): Omit<SimulationOptions, 'days'> {
  const random = createSeededRandom(seed ^ 0x5eed);
  const rotationSeconds = random.pick(ROTATIONS);
  const phases = random.pick([1, 1, 2, 3]);
  const choose = <T>(list: readonly T[]): readonly T[] => Array.from({ length: phases }, () => random.pick(list));
  return {
    seed,
    policyFor: (algorithms, lifetimeSeconds) => policyOf(rotationSeconds, algorithms, lifetimeSeconds),
    lifetimesSeconds: choose(LIFETIMES),
    algorithms: choose(SETS),
    plannedRotations: Math.floor(random.upTo(6)),
  };
}
