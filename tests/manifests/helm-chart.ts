import { fileURLToPath } from 'node:url';
import { kubernetesTools, type ProgramResult, tryProgram } from '@tessera/testkit';
import { stringify } from 'yaml';
import { type Manifest, manifestsIn } from './manifest.ts';

/** The chart's folder. */
export const CHART = fileURLToPath(new URL('../../deploy/helm/tessera', import.meta.url));

/** What is rendered. */
export interface Rendering {
  /** Values files of the chart, such as `values-dev.yaml`. */
  readonly files?: readonly string[];
  /** Further values, over those of the files. */
  readonly values?: object;
  /** Default `tessera`. */
  readonly release?: string;
  /** Default `tessera`. */
  readonly namespace?: string;
}

/** The least that can be rendered: an issuer, people and stores elsewhere. */
export const LEAST = {
  issuer: 'https://id.example.com',
  config: {
    enablePasswordDB: true,
    storage: {
      type: 'postgres',
      config: {
        host: 'postgres.example.com',
        database: 'tessera',
        user: 'tessera',
        passwordFile: '/run/secrets/database/password',
      },
    },
    ephemeral: {
      type: 'redis',
      config: { host: 'redis.example.com', passwordFile: '/run/secrets/redis/password', tls: {} },
    },
  },
};

/** Runs `helm template`, or `helm lint --strict`. Never rejects. */
export async function helm(command: 'template' | 'lint', rendering: Rendering): Promise<ProgramResult> {
  const { files = [], values = {}, release = 'tessera', namespace = 'tessera' } = rendering;
  const what = command === 'template' ? [release] : ['--strict'];
  const given = files.map((file) => `--values=${CHART}/${file}`);
  return tryProgram({
    command: (await kubernetesTools()).helm,
    args: [command, ...what, CHART, `--namespace=${namespace}`, ...given, '--values=-'],
    input: stringify(values),
  });
}

/** The resources of a release. Throws Error with Helm's words when the chart cannot be rendered. */
export async function renderChart(rendering: Rendering): Promise<readonly Manifest[]> {
  const { code, stdout, stderr } = await helm('template', rendering);
  if (code !== 0) throw new Error(stderr);
  return manifestsIn(stdout);
}
