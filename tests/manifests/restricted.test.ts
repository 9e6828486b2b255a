import { expect, test } from 'vitest';
import { componentNames, renderComponents, renderFolder } from './kustomize.ts';
import type { Manifest } from './manifest.ts';
import { RESTRICTED, restrictedViolations } from './restricted.ts';

test('Every pod of the overlays and of all components may run in a restricted namespace', async () => {
  expect(restrictedViolations(await renderFolder('overlays/dev'))).toEqual([]);
  expect(restrictedViolations(await renderFolder('overlays/production'))).toEqual([]);
  expect(restrictedViolations(await renderComponents(...(await componentNames())))).toEqual([]);
});

test('The namespace of both overlays enforces it', async () => {
  for (const overlay of ['overlays/dev', 'overlays/production']) {
    const [namespace] = (await renderFolder(overlay)).filter(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata).toMatchObject({
      name: 'tessera',
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
  }
});

const sound = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    { name: 'c', image: 'i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
  ],
};
const pod = (context: unknown) => ({ ...sound, securityContext: { ...sound.securityContext, ...(context as object) } });
const container = (change: object) => ({ ...sound, containers: [{ ...sound.containers[0], ...change }] });
const context = (change: object) =>
  container({ securityContext: { ...sound.containers[0]?.securityContext, ...change } });

/** What each rule has to refuse, each in several places where there are several. */
const counterExamples: Readonly<Record<string, readonly object[]>> = {
  'no host process': [
    pod({ windowsOptions: { hostProcess: true } }),
    context({ windowsOptions: { hostProcess: true } }),
  ],
  'no namespaces of the host': [
    { ...sound, hostNetwork: true },
    { ...sound, hostPID: true },
    { ...sound, hostIPC: true },
  ],
  'not privileged': [context({ privileged: true })],
  'no ports of the host': [container({ ports: [{ name: 'p', containerPort: 1, hostPort: 1 }] })],
  'no probes of other hosts': [
    container({ livenessProbe: { httpGet: { host: 'elsewhere', port: 1 } } }),
    container({ lifecycle: { preStop: { tcpSocket: { host: 'elsewhere', port: 1 } } } }),
  ],
  'AppArmor as the runtime has it': [
    pod({ appArmorProfile: { type: 'Unconfined' } }),
    context({ appArmorProfile: { type: 'Unconfined' } }),
  ],
  'SELinux as for containers': [pod({ seLinuxOptions: { type: 'spc_t' } }), context({ seLinuxOptions: { user: 'u' } })],
  'the usual /proc': [context({ procMount: 'Unmasked' })],
  'safe sysctls': [pod({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] })],
  'volumes without the host': [{ ...sound, volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
  'no more rights than at the start': [
    context({ allowPrivilegeEscalation: true }),
    context({ allowPrivilegeEscalation: undefined }),
  ],
  'said not to be root': [pod({ runAsNonRoot: undefined }), context({ runAsNonRoot: false })],
  'not root': [pod({ runAsUser: 0 }), context({ runAsUser: 0 })],
  'a seccomp profile': [pod({ seccompProfile: undefined }), context({ seccompProfile: { type: 'Unconfined' } })],
  'no capabilities': [
    context({ capabilities: { drop: ['NET_RAW'] } }),
    context({ capabilities: { drop: ['ALL'], add: ['SYS_TIME'] } }),
    { ...sound, initContainers: [{ name: 'i', image: 'i', securityContext: { allowPrivilegeEscalation: false } }] },
  ],
};

const deployment = (spec: object): readonly Manifest[] => [
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { template: { spec } } },
];

test('A pod that keeps all rules is allowed, so that the examples below fail for what they say', () => {
  expect(restrictedViolations(deployment(sound))).toEqual([]);
});

test.each(RESTRICTED)('The rule “$name” refuses its counter-examples, and no other rule does', ({ name }) => {
  const examples = counterExamples[name] ?? [];
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    const rules = restrictedViolations(deployment(example)).map((violation) => violation.split(': ')[1]);
    expect([example, rules]).toEqual([example, [name]]);
  }
});
