import type { SigningAlgorithm } from '@tessera/oauth';

/** The keys of every algorithm, each in order of activation. */
export type KeySets<K> = ReadonlyMap<SigningAlgorithm, readonly K[]>;

/** The algorithms that are configured: the one for tokens that name none first. */
export type ConfiguredAlgorithms = readonly [SigningAlgorithm, ...SigningAlgorithm[]];

/** The algorithms of the configuration, the default one first and each once. */
export function configuredAlgorithms(signer: {
  readonly algorithm: SigningAlgorithm;
  readonly algorithms: readonly SigningAlgorithm[];
}): ConfiguredAlgorithms {
  const { algorithm, algorithms } = signer;
  return [algorithm, ...new Set(algorithms.filter((other) => other !== algorithm))];
}

/** Keys sorted into sets; each set keeps their order. */
export function groupByAlgorithm<K extends { readonly alg: SigningAlgorithm }>(keys: readonly K[]): KeySets<K> {
  return Map.groupBy(keys, ({ alg }) => alg);
}
