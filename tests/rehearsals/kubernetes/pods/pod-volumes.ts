import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, tryProgram } from '@tessera/testkit';
import type { PodSpec } from '../manifests/pod.ts';
import type { Volume } from '../manifests/volume.ts';
import { writeVersion } from './versioned-folder.ts';
import { type PodFacts, type PodSources, volumeFiles } from './volume-files.ts';

/** The volumes of a pod. */
export interface PodVolumes {
  /** The folder of this machine that a volume is. */
  folder(name: string): string;
  /** Writes files again whose ConfigMap or Secret has changed. */
  refresh(): Promise<void>;
  remove(): Promise<void>;
}

/** The volume with the account of the pod. */
export const ACCOUNT_VOLUME = 'kube-api-access';

const ACCOUNT: Volume = {
  name: ACCOUNT_VOLUME,
  content: {
    kind: 'files',
    defaultMode: 0o644,
    sources: [
      { kind: 'token', path: 'token', audience: undefined },
      { kind: 'configMap', name: 'kube-root-ca.crt', items: undefined, isOptional: false },
      { kind: 'downward', items: [{ path: 'namespace', field: 'metadata.namespace' }] },
    ],
  },
};

/**
 * Makes the volumes of a pod.
 *
 * @throws MissingSourceError when one needs what is not there yet; it may be tried again.
 */
export async function createPodVolumes(
  base: string,
  spec: PodSpec,
  hasAccount: boolean,
  cluster: PodSources,
  facts: PodFacts,
): Promise<PodVolumes> {
  const volumes = hasAccount ? [...spec.volumes, ACCOUNT] : spec.volumes;
  const { fsGroup: group } = spec.security;
  const folders = new Map<string, string>();
  const written = new Map<string, string>();
  const writeFiles = async ({ name, content }: Volume): Promise<void> => {
    if (content.kind !== 'files') return;
    const files = volumeFiles(content.sources, content.defaultMode, cluster, facts);
    const text = JSON.stringify(files.map((file) => [file.path, file.mode, file.content.toString('base64')]));
    if (written.get(name) === text) return;
    written.set(name, text);
    await writeVersion(folders.get(name) ?? '', files, group);
  };
  // What is missing is said before anything is made.
  for (const { content } of volumes) {
    if (content.kind === 'files') volumeFiles(content.sources, content.defaultMode, cluster, facts);
  }
  for (const volume of volumes) {
    const { name, content } = volume;
    const folder = content.kind === 'claim' ? await cluster.claimFolder(content.claimName) : join(base, name);
    folders.set(name, folder);
    if (content.kind !== 'claim') await mkdir(folder, { recursive: true });
    if (content.kind === 'empty') await prepareEmpty(folder, content.sizeBytes);
    await share(folder, content.kind === 'empty' ? 0o777 : 0o755, group);
    await writeFiles(volume);
  }
  const folderOf = (name: string): string => {
    const folder = folders.get(name);
    if (folder === undefined) throw new Error(`the pod has no volume ${name}`);
    return folder;
  };
  return {
    folder: folderOf,
    async refresh() {
      for (const volume of volumes) await writeFiles(volume);
    },
    async remove() {
      for (const { name, content } of volumes) {
        if (content.kind === 'empty') await tryProgram({ command: 'umount', args: ['--lazy', folderOf(name)] });
      }
      // The folders go with those of the run.
    },
  };
}

/** What goes beyond the limit is refused at once, where a kubelet ends the pod a little later. */
async function prepareEmpty(folder: string, sizeBytes: number | undefined): Promise<void> {
  const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
  const options = ['mode=0777', 'nosuid', 'nodev', ...size].join(',');
  await runProgram({ command: 'mount', args: ['-t', 'tmpfs', '-o', options, 'tmpfs', folder] });
}

/** Gives a folder to the group of the pod's files (`fsGroup`). */
async function share(folder: string, mode: number, group: number | undefined): Promise<void> {
  await chmod(folder, mode);
  if (group === undefined) return;
  await chown(folder, 0, group);
  await chmod(folder, mode | 0o2770);
}
