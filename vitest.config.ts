import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source'] };
const ssr = { resolve: { conditions: ['source'] } };
/** Where vitest runs global set-up. */
const environments = { __vitest__: { resolve: { conditions: ['source'] } } };

/** Tests that run against whole systems, one file after another. */
const wholeSystems = {
  globalSetup: ['tests/support/global-setup.ts'],
  pool: 'forks' as const,
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

/** Tests of clusters that lose a member: how long that takes is for other programs to say, so nothing runs beside them. */
const clusters = [
  'packages/testkit/src/{kafka,redis-topologies}.test.ts',
  'services/events/src/sinks/kafka/kafkajs-producer.test.ts',
  'services/storage/src/backends/{etcd,redis}/{cluster,sentinel}.test.ts',
];

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
          exclude: clusters,
          pool: 'threads',
          isolate: false,
          testTimeout: 15_000,
        },
      },
      {
        resolve,
        ssr,
        test: { name: 'clusters', include: clusters, pool: 'threads', isolate: false, testTimeout: 15_000 },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'manifests',
          include: ['tests/manifests/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr,
        environments,
        test: {
          name: 'integration',
          include: ['tests/{conformance,docs,e2e,integration}/**/*.test.ts'],
          ...wholeSystems,
        },
      },
      {
        resolve,
        ssr,
        environments,
        test: { name: 'chaos', include: ['tests/{chaos,linearizability}/**/*.test.ts'], ...wholeSystems },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'rehearsals',
          include: ['tests/rehearsals/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
