import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type ContainerHost,
  createCertificateAuthority,
  launchBrowser,
  openContainerHost,
  waitFor,
} from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalScreen, appScreen, loginScreen } from '../../e2e/screens/pages.ts';
import { ADMIN } from '../../support/system-config.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { dial } from './dial.ts';
import { makeImagesOf } from './images.ts';
import { parseManifests } from './manifests/documents.ts';
import { startTraffic, type Traffic } from './people.ts';
import type { Pod } from './pods/pod.ts';
import { NAMESPACE, renderChart, renderOverlay } from './rendered.ts';

const SERVICES = ['authorize', 'token', 'keys', 'federation', 'storage', 'events'];
const PLACE = {
  issuer: 'http://127.0.0.1:5556/dex',
  clientId: 'example-app',
  redirectUri: 'http://127.0.0.1:5555/callback',
  ...ADMIN,
};
const APPLICATION = 'http://127.0.0.1:5555/';
const SCREENSHOTS = fileURLToPath(new URL('../../../node_modules/.cache/tessera-rehearsals/', import.meta.url));
const MINUTE_MS = 60_000;
/** Rollouts of a service take as long as its pods drain; two cores do all of it. */
const ROLLOUT_MS = 6 * MINUTE_MS;

/** Services look at their files every ten seconds; of an authority that all must know first, nobody can be asked. */
const FILES_READ_AGAIN_MS = 13_000;

/** A pod that may do nothing in particular. */
const STRANGER = `
apiVersion: v1
kind: Pod
metadata: { name: stranger, namespace: ${NAMESPACE}, labels: { app.kubernetes.io/part-of: somebody-else } }
spec:
  automountServiceAccountToken: false
  securityContext: { runAsNonRoot: true, runAsUser: 1001, runAsGroup: 1001, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: stranger
      image: tessera:0.1.0
      command: [node, -e, "setInterval(() => undefined, 1000)"]
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
`;

describe.each([
  { name: 'kubectl kustomize deploy/kubernetes/overlays/dev', slug: 'kustomize', render: () => renderOverlay('dev') },
  { name: 'helm template deploy/helm/tessera with values-dev.yaml', slug: 'helm', render: renderChart },
])('$name', { timeout: 10 * MINUTE_MS }, ({ slug, render }) => {
  let host: ContainerHost;
  let cluster: Cluster;
  let traffic: Traffic;

  const pods = (component: string): readonly Pod[] =>
    cluster.pods(NAMESPACE, { 'app.kubernetes.io/component': component }).filter(({ isTerminating }) => !isTerminating);

  const onlyPod = (component: string): Pod => {
    const [pod, ...more] = pods(component);
    if (pod === undefined || more.length > 0) throw new Error(`there is not one pod of ${component}`);
    return pod;
  };

  /** Does something while people are served, and says what came of it. */
  const whileServing = async (what: string, work: () => Promise<void>): Promise<void> => {
    const [before, failed] = [traffic.counts(), traffic.failures.length];
    await traffic.served(20);
    await work();
    await traffic.served(40);
    const after = traffic.counts();
    const served = Object.entries(after).map(
      ([request, count]) => `${count - (before[request as 'code'] ?? 0)} ${request}`,
    );
    const failures = traffic.failures.slice(failed);
    say(`${what}: ${served.join(', ')}; ${failures.length} failed${failures.map((line) => `\n  ${line}`).join('')}`);
    expect(failures, `${what}\n${cluster.events.slice(-40).join('\n')}`).toEqual([]);
  };

  beforeAll(async () => {
    host = await openContainerHost();
    const manifests = await render();
    cluster = await startCluster(host, await makeImagesOf(host, parseManifests(manifests)));
    await cluster.openPort(5556, 30556);
    await cluster.openPort(5555, 30555);
    const startedMs = performance.now();
    cluster.apply(manifests);
    await cluster.settled(8 * MINUTE_MS);
    say(`${slug}: everything was there after ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    traffic = await startTraffic(PLACE, 4, 2);
  }, 20 * MINUTE_MS);

  afterAll(async () => {
    await traffic?.end();
    await cluster?.close();
    await host?.close();
  }, 2 * MINUTE_MS);

  test('a person signs in at the example application in a browser, through the gateway', async () => {
    await using chromium = await launchBrowser();
    const page = await chromium.newPage();
    await page.goto(APPLICATION);
    await appScreen.signIn(page);
    await loginScreen.fill(page, ADMIN.login, ADMIN.password);
    await loginScreen.submit(page);
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    await mkdir(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: `${SCREENSHOTS}kubernetes-${slug}.png`, fullPage: true });
    expect(await page.textContent('body')).toContain(ADMIN.login);
  });

  test('token is scaled from one to three while people are served, and all three serve', async () => {
    await whileServing('token scaled from 1 to 3', async () => {
      cluster.scale('Deployment', NAMESPACE, 'tessera-token', 3);
      await cluster.settled(ROLLOUT_MS);
      const servedBy = async (): Promise<readonly number[]> => Promise.all(pods('token').map(servedRequests));
      const before = await servedBy();
      expect(before).toHaveLength(3);
      const allServe = async (): Promise<boolean> => (await servedBy()).every((count, at) => count > (before[at] ?? 0));
      // A connection that the gateway keeps stays with its replica for about a minute.
      await waitFor(allServe, { what: 'all three replicas to serve', timeoutMs: 3 * MINUTE_MS, intervalMs: 500 });
    });
  });

  test.each([...SERVICES, 'gateway'])('%s is rolled while people are served', async (service) => {
    await whileServing(`${service} rolled`, async () => {
      cluster.restart('Deployment', NAMESPACE, `tessera-${service}`);
      await cluster.settled(ROLLOUT_MS);
    });
  });

  test('the certificates of all services are replaced, each while people are served', async () => {
    const authority = await createCertificateAuthority('Tessera services, renewed');
    const caOf = (service: string): string =>
      cluster.resources.find('Secret', NAMESPACE, `tessera-${service}-tls`)?.content.data['ca.crt']?.toString() ?? '';
    const replace = (service: string, files: Readonly<Record<string, string>>): void =>
      cluster.change('Secret', NAMESPACE, `tessera-${service}-tls`, (manifest) => {
        manifest['stringData'] = { ...(manifest['stringData'] as object | undefined), ...files };
      });
    // First all trust both authorities, then one service after another shows a certificate of the new one.
    await whileServing('another authority trusted', async () => {
      for (const service of SERVICES) replace(service, { 'ca.crt': `${caOf(service)}\n${authority.caPem}` });
      await traffic.served(50);
      await delay(FILES_READ_AGAIN_MS);
    });
    for (const service of SERVICES) {
      await whileServing(`certificate of ${service} replaced`, async () => {
        const issued = await authority.issue({
          commonName: service,
          dnsNames: [`${service}.tessera.internal`],
          client: true,
        });
        replace(service, { 'tls.crt': issued.certPem, 'tls.key': issued.keyPem });
        await delay(FILES_READ_AGAIN_MS);
      });
    }
  });

  test('one of three pods of token is killed, and its requests alone may fail', async () => {
    const [victim] = pods('token');
    const failed = traffic.failures.length;
    await victim?.containers[0]?.run?.kill('KILL');
    await cluster.settled(ROLLOUT_MS);
    await traffic.served(60);
    const failures = traffic.failures.slice(failed);
    say(`token killed: ${failures.length} failed${failures.map((line) => `\n  ${line}`).join('')}`);
    // No more than were under way in a third of the replicas: nobody sends a POST again that was sent.
    expect(failures.length, failures.join('\n')).toBeLessThanOrEqual(6);
    await traffic.served(100);
    expect(traffic.failures).toHaveLength(failed + failures.length);
  });

  test('network policies let a service reach what it calls, and nothing else', async () => {
    cluster.apply(STRANGER);
    await waitFor(() => cluster.pods(NAMESPACE, {}).some(({ name, isReady }) => name === 'stranger' && isReady), {
      what: 'the pod of a stranger',
      timeoutMs: MINUTE_MS,
    });
    const stranger = cluster.pods(NAMESPACE, {}).find(({ name }) => name === 'stranger');
    if (stranger === undefined) throw new Error('the stranger is gone');
    const address = (component: string): string => onlyPod(component).address;
    const [token] = pods('token');
    if (token === undefined) throw new Error('there is no pod of token');
    const dialled = {
      'token, storage': await dial(token, 'tessera-storage', 9090),
      'token, keys': await dial(token, 'tessera-keys', 9090),
      'token, PostgreSQL': await dial(token, 'tessera-postgres', 5432),
      'token, Redis': await dial(token, address('redis'), 6379),
      'storage, PostgreSQL': await dial(onlyPod('storage'), 'tessera-postgres', 5432),
      'storage, keys': await dial(onlyPod('storage'), address('keys'), 9090),
      'stranger, storage': await dial(stranger, address('storage'), 9090),
      'stranger, PostgreSQL': await dial(stranger, address('postgres'), 5432),
      'stranger, token': await dial(stranger, token.address, 8080),
    };
    expect(dialled).toEqual({
      'token, storage': 'connected',
      'token, keys': 'connected',
      'token, PostgreSQL': 'silence',
      'token, Redis': 'silence',
      'storage, PostgreSQL': 'connected',
      'storage, keys': 'silence',
      'stranger, storage': 'silence',
      'stranger, PostgreSQL': 'silence',
      'stranger, token': 'silence',
    });
  });
});

/** How many requests of applications a pod has answered, as its metrics say. */
async function servedRequests({ address }: Pod): Promise<number> {
  const response = await fetch(`http://${address}:5558/metrics`);
  const rows = (await response.text()).split('\n').filter((row) => /^tessera_http_requests_total\b/.test(row));
  return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' ') + 1)), 0);
}

/** The numbers are what a rehearsal is for. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
