import type { Container } from '../manifests/container.ts';
import type { SecurityContext } from '../manifests/security.ts';
import { expanded } from './variables.ts';

/** What a container is run with, beside its manifest. */
export interface ContainerSetting {
  readonly name: string;
  readonly hostname: string;
  readonly networkNamespace: string;
  readonly podSecurity: SecurityContext;
  readonly variables: Readonly<Record<string, string>>;
  /** Files and folders of this machine, by where the container sees them. */
  readonly mounts: readonly { readonly from: string; readonly to: string; readonly isReadOnly: boolean }[];
  readonly imageId: string;
  /** The user of the image, as it says it. */
  readonly imageUser: string;
}

/** @returns the arguments of `podman` that run a container as a kubelet has it run. */
export function containerArguments(container: Container, setting: ContainerSetting): string[] {
  const { variables } = setting;
  const security = { ...setting.podSecurity, ...defined(container.security) };
  const words = (texts: readonly string[]): string[] => texts.map((text) => expanded(text, variables));
  return [
    ...['run', '--rm', `--name=${setting.name}`, `--hostname=${setting.hostname}`, '--pull=never', '--log-driver=none'],
    ...[`--network=ns:${setting.networkNamespace}`, '--no-hosts', '--no-healthcheck', '--http-proxy=false'],
    ...['--systemd=false', '--sdnotify=ignore'],
    ...securityArguments(security, container.name, setting.imageUser),
    ...resourceArguments(container),
    ...Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`),
    ...setting.mounts.map(({ from, to, isReadOnly }) => `--volume=${from}:${to}:${isReadOnly ? 'ro' : 'rw'}`),
    ...(container.workingDir === undefined ? [] : [`--workdir=${container.workingDir}`]),
    ...(container.command === undefined ? [] : [`--entrypoint=${JSON.stringify(words(container.command))}`]),
    setting.imageId,
    ...words(container.args ?? []),
  ];
}

function securityArguments(security: SecurityContext, name: string, imageUser: string): string[] {
  const { runAsUser, runAsGroup, fsGroup, drop = [], add = [] } = security;
  if (security.runAsNonRoot === true) assertNotRoot(runAsUser === undefined ? imageUser : String(runAsUser), name);
  const user = runAsUser === undefined ? [] : [`--user=${runAsUser}:${runAsGroup ?? 0}`];
  return [
    ...user,
    ...(fsGroup === undefined ? [] : [`--group-add=${fsGroup}`]),
    ...drop.map((capability) => `--cap-drop=${capability}`),
    ...add.map((capability) => `--cap-add=${capability}`),
    ...(security.readOnlyRootFilesystem === true ? ['--read-only', '--read-only-tmpfs=false'] : []),
    ...(security.allowPrivilegeEscalation === false ? ['--security-opt=no-new-privileges'] : []),
    ...(security.seccomp === 'RuntimeDefault' ? [] : ['--security-opt=seccomp=unconfined']),
  ];
}

function assertNotRoot(user: string, name: string): void {
  const [id = ''] = user.split(':');
  if (!/^[1-9]\d*$/.test(id)) {
    throw new Error(
      `container ${name} has runAsNonRoot, but runs as ${id === '' ? 'root' : id}, which is no number above 0`,
    );
  }
}

function resourceArguments({ limits, requests }: Container): string[] {
  const { cpuMillicores = requests.cpuMillicores } = limits;
  const shares = requests.cpuMillicores ?? cpuMillicores;
  return [
    ...(limits.memoryBytes === undefined
      ? []
      : [`--memory=${limits.memoryBytes}`, `--memory-swap=${limits.memoryBytes}`]),
    ...(limits.cpuMillicores === undefined ? [] : [`--cpus=${limits.cpuMillicores / 1000}`]),
    ...(shares === undefined ? [] : [`--cpu-shares=${Math.max(2, Math.floor((shares * 1024) / 1000))}`]),
  ];
}

/** What is said, so that it goes before what another says. */
function defined(security: SecurityContext): SecurityContext {
  return Object.fromEntries(Object.entries(security).filter(([, value]) => value !== undefined));
}
