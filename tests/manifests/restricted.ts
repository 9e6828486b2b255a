import type { Container, Manifest, PodSpec } from './manifest.ts';
import { podTemplates } from './manifest.ts';

/** A rule of the Pod Security Standard `restricted`, which includes `baseline`. */
export interface RestrictedRule {
  readonly name: string;
  /** What of a pod breaks the rule, by name. */
  readonly violations: (spec: PodSpec) => readonly string[];
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly procMount?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type: string };
  readonly appArmorProfile?: { readonly type: string };
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
  readonly sysctls?: readonly { readonly name: string }[];
}

interface Probe {
  readonly httpGet?: { readonly host?: string };
  readonly tcpSocket?: { readonly host?: string };
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SELINUX_TYPES = ['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

/** The rules, in the order of the standard. */
export const RESTRICTED: readonly RestrictedRule[] = [
  rule('no host process', (context) => context.windowsOptions?.hostProcess !== true),
  {
    name: 'no namespaces of the host',
    violations: (spec) => ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => spec[key] === true),
  },
  rule('not privileged', (context) => context.privileged !== true),
  {
    name: 'no ports of the host',
    violations: (spec) =>
      containersOf(spec).flatMap(({ name, ports = [] }) =>
        ports.filter((port) => 'hostPort' in port && port.hostPort !== 0).map(() => name),
      ),
  },
  {
    name: 'no probes of other hosts',
    violations: (spec) => containersOf(spec).flatMap((container) => (probesOthers(container) ? [container.name] : [])),
  },
  rule('AppArmor as the runtime has it', ({ appArmorProfile }) =>
    ['RuntimeDefault', 'Localhost', undefined].includes(appArmorProfile?.type),
  ),
  rule(
    'SELinux as for containers',
    ({ seLinuxOptions: { type = 'container_t', user = '', role = '' } = {} }) =>
      SELINUX_TYPES.includes(type) && user === '' && role === '',
  ),
  rule('the usual /proc', ({ procMount = 'Default' }) => procMount === 'Default'),
  rule('safe sysctls', ({ sysctls = [] }) => sysctls.every(({ name }) => SYSCTLS.includes(name))),
  {
    name: 'volumes without the host',
    violations: ({ volumes = [] }) =>
      volumes
        .filter((volume) => !Object.keys(volume).every((key) => key === 'name' || VOLUMES.includes(key)))
        .map(({ name }) => name),
  },
  everyContainer('no more rights than at the start', (context) => context.allowPrivilegeEscalation === false),
  everyContainer('said not to be root', (context, pod) => (context.runAsNonRoot ?? pod.runAsNonRoot) === true),
  rule('not root', ({ runAsUser }) => runAsUser !== 0),
  everyContainer('a seccomp profile', (context, pod) =>
    ['RuntimeDefault', 'Localhost'].includes((context.seccompProfile ?? pod.seccompProfile)?.type ?? ''),
  ),
  everyContainer(
    'no capabilities',
    ({ capabilities: { drop = [], add = [] } = {} }) =>
      drop.includes('ALL') && add.every((name) => name === 'NET_BIND_SERVICE'),
  ),
];

/** What a namespace with `pod-security.kubernetes.io/enforce: restricted` would refuse of the pods of resources. */
export function restrictedViolations(resources: readonly Manifest[]): readonly string[] {
  return podTemplates(resources).flatMap(({ owner, spec }) =>
    RESTRICTED.flatMap(({ name, violations }) => violations(spec).map((what) => `${owner}: ${name}: ${what}`)),
  );
}

/** All containers of a pod. */
export function containersOf({ initContainers = [], containers }: PodSpec): readonly Container[] {
  return [...initContainers, ...containers];
}

/** A rule that holds for the security context of the pod, and for that of each container. */
function rule(name: string, holds: (context: SecurityContext) => boolean): RestrictedRule {
  return {
    name,
    violations: (spec) => [
      ...(holds(contextOf(spec)) ? [] : ['pod']),
      ...containersOf(spec).flatMap((container) => (holds(contextOf(container)) ? [] : [container.name])),
    ],
  };
}

/** A rule that each container has to keep, itself or by what the pod says for it. */
function everyContainer(
  name: string,
  holds: (context: SecurityContext, pod: SecurityContext) => boolean,
): RestrictedRule {
  return {
    name,
    violations: (spec) =>
      containersOf(spec).flatMap((container) => (holds(contextOf(container), contextOf(spec)) ? [] : [container.name])),
  };
}

function contextOf(owner: Readonly<Record<string, unknown>>): SecurityContext {
  return owner['securityContext'] ?? {};
}

function probesOthers(container: Container): boolean {
  const { lifecycle, startupProbe, livenessProbe, readinessProbe } = container as unknown as Record<string, unknown>;
  const hooks = Object.values(lifecycle ?? {}) as readonly Probe[];
  return ([startupProbe, livenessProbe, readinessProbe, ...hooks] as readonly (Probe | undefined)[]).some(
    (probe) => (probe?.httpGet?.host ?? probe?.tcpSocket?.host ?? '') !== '',
  );
}
