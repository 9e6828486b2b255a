import { dependencies } from '@tessera/cli';
import { federationBinding, keysBinding, serviceNames, storageBindings, tokenBinding } from '@tessera/contracts';
import { routeTable } from '@tessera/http';
import { describe, expect, test } from 'vitest';
import { renderFolder } from './kustomize.ts';
import { createNetwork, type Endpoint, type Port, podEndpoints } from './network.ts';

const tcp = (port: number): Port => ({ port, protocol: 'TCP' });
const publicServices = [...new Set(Object.values(routeTable).map(({ service }) => service))];
const anyone = {} as never;

/** Who may call each service at all, by the servers' own lists; `admin` is not served by this version. */
const callers: Readonly<Record<string, readonly string[]>> = {
  storage: storageBindings(anyone).flatMap(({ allowedCallers }) => allowedCallers),
  keys: keysBinding(anyone).allowedCallers,
  federation: federationBinding(anyone).allowedCallers,
  token: tokenBinding(anyone).allowedCallers,
};

test('Who calls whom is the same to the callers, which dial, and to the called, which admit', () => {
  for (const name of serviceNames) {
    const dialling = serviceNames.filter((caller) => dependencies[caller].includes(name));
    const admitted = new Set((callers[name] ?? []).filter((caller) => caller !== 'admin'));
    expect([name, [...admitted].toSorted()]).toEqual([name, dialling.toSorted()]);
  }
});

/** The calls between services, as `caller called:port`. */
const calls = serviceNames.flatMap((caller) => dependencies[caller].map((called) => `${caller} ${called}:9090`));

function neighbour(name: string, labels: Readonly<Record<string, string>>, pod = {}): Endpoint {
  return { name, namespace: name, namespaceLabels: labels, labels: pod, address: '10.244.7.7' };
}

const gateways = neighbour('gateways', { 'tessera.dev/gateway': 'true' });
const monitoring = neighbour('monitoring', { 'tessera.dev/monitoring': 'true' });
const stranger = neighbour('elsewhere', { 'kubernetes.io/metadata.name': 'elsewhere' });
const world: Endpoint = { name: 'world', address: '203.0.113.5' };
const dns = neighbour('kube-system', { 'kubernetes.io/metadata.name': 'kube-system' }, { 'k8s-app': 'kube-dns' });

const overlays = {
  dev: {
    stores: ['storage postgres:5432', 'storage redis:6379', 'events kafka:9092'],
    traces: serviceNames.map((name) => `${name} collector:4318`),
    gateway: publicServices.map((name) => `gateway ${name}:8080`),
    fromAnywhere: ['gateway:5556', 'gateway:5555'],
  },
  production: { stores: [], traces: [], gateway: [], fromAnywhere: [] },
} as const;

describe.each(['dev', 'production'] as const)('In overlays/%s', async (name) => {
  const resources = await renderFolder(`overlays/${name}`);
  const pods = podEndpoints(resources);
  const isAllowed = createNetwork(resources);
  const expected = overlays[name];

  test('each pod calls those it has to, at the ports it has to, and nobody else calls anybody', () => {
    const sources = [...pods, gateways, monitoring, stranger, world];
    const targets = pods.flatMap((pod) => pod.ports.map((port) => ({ pod, port })));
    const allowed = sources.flatMap((from) =>
      targets
        .filter(({ pod, port }) => pod !== from && isAllowed(from, pod, tcp(port)))
        .map(({ pod, port }) => `${from.name} ${pod.name}:${port}`),
    );
    const wanted = [
      ...calls,
      ...expected.stores,
      ...expected.traces,
      ...expected.gateway,
      ...publicServices.map((service) => `gateways ${service}:8080`),
      ...serviceNames.map((service) => `monitoring ${service}:5558`),
      ...[gateways, monitoring, stranger, world].flatMap((from) =>
        expected.fromAnywhere.map((to) => `${from.name} ${to}`),
      ),
    ];
    // A pod that may call any address outside by some port may, by the gateway's policy, call the gateway too.
    const roundabout = new Set(
      ['authorize', 'token', 'federation'].flatMap((from) => expected.fromAnywhere.map((to) => `${from} ${to}`)),
    );
    expect(allowed.filter((call) => !roundabout.has(call)).toSorted()).toEqual(wanted.toSorted());
  });

  test('the ports of a pod are all of it: no other port can be reached', () => {
    for (const pod of pods.filter(({ name: service }) => dependencies[service as 'token'] !== undefined)) {
      for (const from of [...pods, gateways, monitoring, stranger, world]) {
        for (const port of [1, 22, 9229, 30_000]) expect(isAllowed(from, pod, tcp(port))).toBe(false);
      }
    }
  });

  test('those who have to speak to upstream systems and applications reach the outside, and the others do not', () => {
    const reaching = (address: string, port: number): readonly string[] =>
      pods.filter((pod) => isAllowed(pod, { name: 'x', address }, tcp(port))).map(({ name: service }) => service);
    const outward = ['authorize', 'federation', 'token'];
    expect(
      reaching('203.0.113.5', 443)
        .filter((service) => service !== 'first-secrets')
        .toSorted(),
    ).toEqual(outward);
    expect(reaching('203.0.113.5', 636).toSorted()).toEqual(outward);
    expect(reaching('2001:db8::1', 8443).toSorted()).toEqual(outward);
    // What clouds answer with the credentials of the machine: nobody, by no protocol.
    for (const address of [
      '169.254.169.254',
      '169.254.170.2',
      '100.100.100.200',
      '168.63.129.16',
      'fe80::1',
      'fd00:ec2::254',
    ]) {
      expect([address, reaching(address, 80)]).toEqual([address, []]);
    }
    for (const pod of pods) expect(isAllowed(pod, world, { port: 443, protocol: 'UDP' })).toBe(false);
  });

  test('everybody may ask for names, of the cluster’s own servers alone', () => {
    for (const pod of pods) {
      for (const protocol of ['UDP', 'TCP'] as const) expect(isAllowed(pod, dns, { port: 53, protocol })).toBe(true);
      expect(isAllowed(pod, world, { port: 53, protocol: 'UDP' })).toBe(false);
    }
  });
});

test('In production storage and the migration reach the database, storage Redis and events Kafka, which nobody else does', async () => {
  const resources = await renderFolder('overlays/production');
  const isAllowed = createNetwork(resources);
  const reaching = (address: string, port: number): readonly string[] =>
    podEndpoints(resources)
      .filter((pod) => isAllowed(pod, { name: 'x', address }, tcp(port)))
      .map(({ name }) => name)
      .toSorted();
  expect(reaching('192.0.2.10', 5432)).toEqual(['migrate', 'storage']);
  expect(reaching('192.0.2.20', 6379)).toEqual(['storage']);
  expect(reaching('192.0.2.30', 9093)).toEqual(['events']);
  expect(reaching('192.0.2.10', 6379)).toEqual([]);
});

test('In dev the Job that makes Secrets reaches the API of Kubernetes and nothing else', async () => {
  const resources = await renderFolder('overlays/dev');
  const isAllowed = createNetwork(resources);
  const [job] = podEndpoints(resources).filter(({ name }) => name === 'first-secrets');
  if (job === undefined) throw new Error('the Job is missing');
  expect(isAllowed(job, { name: 'api', address: '10.96.0.1' }, tcp(443))).toBe(true);
  expect(isAllowed(job, { name: 'api', address: '172.18.0.2' }, tcp(6443))).toBe(true);
  expect(isAllowed(job, world, tcp(80))).toBe(false);
  for (const pod of podEndpoints(resources)) expect(isAllowed(pod, job, tcp(443))).toBe(false);
});

test('Without policies everything is allowed, and a policy that names a peer allows that peer alone', () => {
  const pod = (name: string): Endpoint => ({ name, namespace: 'tessera', labels: { app: name }, address: '10.0.0.1' });
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'tessera' },
    spec: {
      podSelector: { matchLabels: { app: 'b' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a' } } }], ports: [{ port: 80 }] }],
    },
  };
  expect(createNetwork([])(pod('a'), pod('b'), tcp(1))).toBe(true);
  const isAllowed = createNetwork([policy]);
  expect(isAllowed(pod('a'), pod('b'), tcp(80))).toBe(true);
  expect(isAllowed(pod('a'), pod('b'), tcp(81))).toBe(false);
  expect(isAllowed(pod('c'), pod('b'), tcp(80))).toBe(false);
  expect(isAllowed({ ...pod('a'), namespace: 'other' }, pod('b'), tcp(80))).toBe(false);
  expect(isAllowed(pod('b'), pod('a'), tcp(80))).toBe(true);
});
