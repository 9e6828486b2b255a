import { parseArgs } from 'node:util';
import type { Algorithm } from '../signing-cost.ts';

/** How a scenario is run. */
export interface ScenarioOptions {
  readonly algorithms: readonly Algorithm[];
  /** Callers at a time, each with a connection and a refresh token of its own. */
  readonly callers: number;
  /** How long is measured. */
  readonly seconds: number;
  /** How long it runs before, unmeasured. */
  readonly warmUpSeconds: number;
  /** Processes of each service, by its name; one where nothing is said. */
  readonly replicas: Readonly<Record<string, number>>;
}

/** Reads `--algorithm --callers --seconds --warm-up --replicas`. Throws Error with one sentence. */
export function parseScenarioOptions(args: readonly string[]): ScenarioOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      algorithm: { type: 'string', default: 'both' },
      callers: { type: 'string', default: '64' },
      seconds: { type: 'string', default: '20' },
      'warm-up': { type: 'string', default: '10' },
      replicas: { type: 'string', default: '' },
    },
  });
  return {
    algorithms: parseAlgorithms(values.algorithm),
    callers: parseCount('callers', values.callers, 1024),
    seconds: parseCount('seconds', values.seconds, 3600),
    warmUpSeconds: parseCount('warm-up', values['warm-up'], 600),
    replicas: parseReplicas(values.replicas),
  };
}

function parseAlgorithms(text: string): readonly Algorithm[] {
  switch (text) {
    case 'both':
      return ['RS256', 'ES256'];
    case 'RS256':
    case 'ES256':
      return [text];
    default:
      throw new Error('--algorithm is RS256, ES256 or both');
  }
}

function parseCount(name: string, text: string, most: number): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw new Error(`--${name} is a number from 1 to ${most}`);
  return count;
}

function parseReplicas(text: string): Readonly<Record<string, number>> {
  const items = text.split(',').filter((item) => item !== '');
  return Object.fromEntries(
    items.map((item) => {
      const [, name, count] = /^(\w+)=(\d{1,2})$/.exec(item) ?? [];
      if (name === undefined) throw new Error('--replicas takes items such as token=2');
      return [name, Number(count)];
    }),
  );
}
