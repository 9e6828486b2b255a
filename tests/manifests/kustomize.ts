import { readdir, realpath, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTempDirectory, kubernetesTools, runProgram } from '@tessera/testkit';
import { type Manifest, manifestsIn } from './manifest.ts';

/** The folder of the kustomize tree. */
export const KUBERNETES = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));

/** The resources that a folder of the tree renders to, such as `overlays/dev`. Throws Error with kubectl's words. */
export function renderFolder(folder: string): Promise<readonly Manifest[]> {
  return once(folder, () => kustomize(join(KUBERNETES, folder)));
}

/** The resources of the base together with components. Throws Error with kubectl's words. */
export function renderComponents(...components: readonly string[]): Promise<readonly Manifest[]> {
  return once(components.join(' '), () => kustomizeWith(components));
}

/** Rendering takes a second, and files do not change while tests run. */
const rendered = new Map<string, Promise<readonly Manifest[]>>();

function once(key: string, render: () => Promise<readonly Manifest[]>): Promise<readonly Manifest[]> {
  const resources = rendered.get(key) ?? render();
  rendered.set(key, resources);
  return resources;
}

async function kustomizeWith(components: readonly string[]): Promise<readonly Manifest[]> {
  await using directory = await createTempDirectory('kustomize');
  const here = relative(await realpath(directory.path), KUBERNETES);
  const tree = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'tessera',
    resources: [join(here, 'base')],
    components: components.map((name) => join(here, 'components', name)),
  };
  await writeFile(join(directory.path, 'kustomization.yaml'), JSON.stringify(tree));
  return await kustomize(directory.path);
}

/** The names of all components. */
export async function componentNames(): Promise<readonly string[]> {
  return (await readdir(join(KUBERNETES, 'components'))).toSorted();
}

async function kustomize(path: string): Promise<readonly Manifest[]> {
  const { kubectl } = await kubernetesTools();
  return manifestsIn(await runProgram({ command: kubectl, args: ['kustomize', path] }));
}
