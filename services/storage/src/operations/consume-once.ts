import type { StorageShortLivedApi, ValueToConsume } from '@tessera/contracts';
import type { CounterStore } from '../ports.ts';
import { assertId, assertTtl, invalidInput } from '../rules/accepted-input.ts';
import { isStorableText } from '../rules/stored-text.ts';
import { runChecked } from './checked-batch.ts';

/** Most bytes of a value that is used once: a `jti` is whatever its issuer likes. */
const MAX_VALUE_BYTES = 4096;

/** Uses values, each once (N16), one command for the batch. */
export function createConsumeOnce(ephemeral: CounterStore): StorageShortLivedApi['consumeOnce'] {
  return (values) => runChecked(values, { check: assertValue, run: (accepted) => ephemeral.consumeOnce(accepted) });
}

function assertValue({ scope, value, ttlSeconds }: ValueToConsume): void {
  assertId(scope, 'the scope of a value');
  if (value === '' || Buffer.byteLength(value, 'utf8') > MAX_VALUE_BYTES || !isStorableText(value)) {
    throw invalidInput('storage.invalid_id', `a value is well-formed text of 1 to ${MAX_VALUE_BYTES} bytes`);
  }
  assertTtl(ttlSeconds);
}
