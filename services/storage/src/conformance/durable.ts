import { describe } from 'vitest';
import type { DurableHarness } from './bench-api.ts';
import { codesSuite } from './durable-codes.ts';
import { modelSuite } from './durable-model.ts';
import { recordsSuite } from './durable-records.ts';
import { rotationSuite } from './durable-rotation.ts';

/** Everything a durable store has to do, seen through the operations that stand on it. */
export function durableConformance(name: string, harness: DurableHarness): void {
  describe(`the durable store ${name}`, () => {
    codesSuite(harness);
    rotationSuite(harness);
    recordsSuite(harness);
    modelSuite(harness);
  });
}
