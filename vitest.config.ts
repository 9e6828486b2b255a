import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source'] };
const ssr = { resolve: { conditions: ['source'] } };
/** Where vitest runs global set-up. */
const environments = { __vitest__: { resolve: { conditions: ['source'] } } };

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['{packages,services}/*/src/**/*.test.ts', '{examples/*,load-tests}/src/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 15_000,
        },
      },
      {
        resolve,
        ssr,
        environments,
        test: {
          name: 'integration',
          include: ['tests/**/*.test.ts'],
          globalSetup: ['tests/support/global-setup.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
