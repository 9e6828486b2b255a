import fc from 'fast-check';

/** Any one of the values. */
export function sampleOf<T>(values: fc.Arbitrary<T>): T {
  return fc.sample(values, 1)[0] as T;
}
