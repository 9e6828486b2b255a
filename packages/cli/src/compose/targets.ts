import { type ServiceName, serviceNames } from '@tessera/contracts';
import { usageFailure } from '../command-line/arguments.ts';

/** What one process runs. */
export interface Targets {
  /** The name in logs: `all`, or the services joined by commas. */
  readonly name: string;
  /** Whether this process is the whole issuer, so that nobody else calls it. */
  readonly isWhole: boolean;
  readonly services: readonly ServiceName[];
}

/** Everything in one process. */
export const allTargets: Targets = { name: 'all', isWhole: true, services: serviceNames };

/** Reads `--target`: `all`, or services separated by commas. Throws CommandFailure for anything else. */
export function parseTargets(text: string): Targets {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('all')) {
    if (words.length > 1) throw usageFailure('--target all runs every service already; name it alone');
    return allTargets;
  }
  const unknown = words.filter((word) => !serviceNames.some((name) => name === word));
  if (unknown.length > 0) {
    const known = ['all', ...serviceNames].join(', ');
    throw usageFailure(`There is no target ${JSON.stringify(unknown.join(','))}; the targets are ${known}`);
  }
  const services = serviceNames.filter((name) => words.includes(name));
  return { name: services.join(','), isWhole: false, services };
}
