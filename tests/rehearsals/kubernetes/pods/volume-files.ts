import type { Contents } from '../manifests/documents.ts';
import type { FileSource, VolumeItem } from '../manifests/volume.ts';
import type { VersionedFile } from './versioned-folder.ts';

/** What the cluster has for a pod. */
export interface PodSources {
  findData(kind: 'configMap' | 'secret', name: string): Contents['ConfigMap'] | undefined;
  /** A token of the pod's account, for the API of Kubernetes. */
  token(): string;
  /** A folder that outlives the pod. */
  claimFolder(name: string): Promise<string>;
  /** The virtual addresses of the Services of the pod's namespace, for variables. */
  services(): readonly { readonly name: string; readonly address: string; readonly ports: readonly NamedPort[] }[];
}

interface NamedPort {
  readonly name: string | undefined;
  readonly port: number;
}

/** What a pod may be told of itself. */
export type PodFacts = Readonly<Record<string, string>>;

/** A ConfigMap or a Secret that a pod needs is not there. */
export class MissingSourceError extends Error {
  override readonly name = 'MissingSourceError';
}

/** @throws MissingSourceError when something that is not optional is not there. */
export function volumeFiles(
  sources: readonly FileSource[],
  defaultMode: number,
  cluster: PodSources,
  facts: PodFacts,
): VersionedFile[] {
  return sources.flatMap((source): VersionedFile[] => {
    if (source.kind === 'token')
      return [{ path: source.path, content: Buffer.from(cluster.token()), mode: defaultMode }];
    if (source.kind === 'downward') {
      return source.items.map(({ path, field }) => {
        return { path, content: Buffer.from(factOf(facts, field)), mode: defaultMode };
      });
    }
    const data = cluster.findData(source.kind, source.name)?.data;
    if (data === undefined && source.isOptional) return [];
    if (data === undefined) throw new MissingSourceError(`there is no ${source.kind} ${source.name}`);
    const items = source.items ?? Object.keys(data).map((key): VolumeItem => ({ key, path: key, mode: undefined }));
    return items.flatMap(({ key, path, mode }) => {
      const content = data[key];
      if (content === undefined && source.isOptional) return [];
      if (content === undefined) throw new MissingSourceError(`${source.kind} ${source.name} has no ${key}`);
      return [{ path, content, mode: mode ?? defaultMode }];
    });
  });
}

/** @throws Error when nothing is known of the field. */
export function factOf(facts: PodFacts, field: string): string {
  const fact = facts[field];
  if (fact === undefined) throw new Error(`pods are not told of ${field} here`);
  return fact;
}
