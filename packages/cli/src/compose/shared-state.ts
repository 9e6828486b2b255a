import type { TesseraConfig } from '@tessera/config';
import type { Targets } from './targets.ts';

const onlyOneProcess: ReadonlySet<string> = new Set(['memory', 'sqlite3']);

/** What to warn of when the services are separate processes but the state of one of them lives in it alone. */
export function sharedStateWarnings(config: TesseraConfig, targets: Targets): readonly string[] {
  if (targets.isWhole) return [];
  const runs = (service: string): boolean => targets.services.some((name) => name === service);
  const warnings: string[] = [];
  if (runs('storage') && config.ephemeral.type === 'memory') {
    warnings.push('ephemeral: memory serves exactly one storage process, and sign-ins in progress end with it');
  }
  if (runs('storage') && onlyOneProcess.has(config.storage.type)) {
    warnings.push(`storage: ${config.storage.type} serves exactly one storage process`);
  }
  if (runs('keys') && config.keyEncryption.type === 'ephemeral') {
    warnings.push('the key-encryption key lives in this keys process alone; set keyEncryption to keep keys readable');
  }
  return warnings;
}
