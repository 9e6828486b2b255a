import { cpus } from 'node:os';

/** What the numbers depend on: the machine and the runtime, one fact a line. */
export function machineFacts(): readonly string[] {
  const all = cpus();
  const model = all[0]?.model.trim() || 'unknown model';
  return [
    `${all.length} ${all.length === 1 ? 'core' : 'cores'} (${model}), shared by every tier and the load generator`,
    `Node.js ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${process.platform} ${process.arch}`,
  ];
}
