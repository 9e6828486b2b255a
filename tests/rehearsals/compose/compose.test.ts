import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type ContainerHost, createUserAgent, launchBrowser, openContainerHost, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalScreen, appScreen, chooseScreen, loginScreen } from '../../e2e/screens/pages.ts';
import { authorizationUrl, walkPages } from '../../support/sign-in.ts';
import { type DockerEngine, startDockerEngine } from './docker-engine.ts';
import { makeImages, TOPIC_READER } from './stand-ins.ts';

const ISSUER = 'http://127.0.0.1:5556/dex';
const EXAMPLE = 'http://127.0.0.1:5555';
const CALLBACK = `${EXAMPLE}/callback`;
const ROOT = new URL('../../../', import.meta.url);
const START_MS = 900_000;
const TEST_MS = 300_000;
const PATIENCE_MS = 120_000;

interface ContainerState {
  readonly Service: string;
  readonly Name: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

interface Inspection {
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly State: { readonly StartedAt: string; readonly FinishedAt: string };
  readonly HostConfig: { readonly ReadonlyRootfs: boolean; readonly CapDrop: readonly string[] };
}

describe('docker compose up', { timeout: TEST_MS }, () => {
  let host: ContainerHost;
  let engine: DockerEngine;

  beforeAll(async () => {
    host = await openContainerHost();
    const images = await makeImages(host);
    engine = await startDockerEngine(host);
    await engine.load(images);
    await engine
      .compose(['up', '--detach', '--wait', '--wait-timeout', '600', '--no-build'])
      .catch(async (error: unknown) => {
        throw new Error(`${String(error)}\n${await engine.compose(['logs', '--tail', '8'])}`);
      });
  }, START_MS);
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    await host?.close();
  }, 120_000);

  const states = async (): Promise<readonly ContainerState[]> =>
    (await engine.compose(['ps', '--all', '--format', 'json']))
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as ContainerState);
  const inspect = async (): Promise<readonly Inspection[]> => {
    const names = (await states()).map(({ Name }) => Name);
    return JSON.parse(await engine.docker('inspect', ...names)) as readonly Inspection[];
  };
  /** Asks from inside, as nothing of the operators' networks is published. */
  const askAll = async (network: string, urls: readonly string[]): Promise<readonly string[]> => {
    const script = `const ask = async (url) => (await fetch(url)).text();
      Promise.all(${JSON.stringify(urls)}.map(ask)).then((texts) => process.stdout.write(JSON.stringify(texts)))`;
    const node = [
      'run',
      '--rm',
      `--network=tessera_${network}`,
      '--entrypoint=node',
      'tessera:0.1.0',
      '--eval',
      script,
    ];
    return JSON.parse(await engine.docker(...node)) as readonly string[];
  };
  const ask = async (network: string, url: string): Promise<string> => (await askAll(network, [url]))[0] ?? '';
  const queryUrl = (expression: string): string =>
    `http://prometheus:9090/api/v1/query?query=${encodeURIComponent(expression)}`;

  test('brings everything up by itself, and each container waited for those before it', async () => {
    const all = await states();
    const services = (await engine.compose(['config', '--services'])).trim().split('\n');
    expect(all.map(({ Service }) => Service).toSorted()).toEqual(services.toSorted());
    for (const { Service, State, Health, ExitCode } of all) {
      const isDone = ['secrets', 'kafka-topic'].includes(Service);
      expect([Service, State, ExitCode]).toEqual([Service, isDone ? 'exited' : 'running', 0]);
      if (!isDone && !['collector', 'traces'].includes(Service))
        expect([Service, Health]).toEqual([Service, 'healthy']);
    }
    const { services: composed } = JSON.parse(await engine.compose(['config', '--format', 'json'])) as {
      readonly services: Readonly<
        Record<string, { readonly depends_on?: Readonly<Record<string, { condition: string }>> }>
      >;
    };
    const inspections = new Map(
      (await inspect()).map((found) => [found.Config.Labels['com.docker.compose.service'] ?? '', found]),
    );
    for (const [name, { depends_on = {} }] of Object.entries(composed)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const started = Date.parse(inspections.get(name)?.State.StartedAt ?? '');
        const before = inspections.get(other)?.State;
        const isDone = condition === 'service_completed_successfully';
        const began = Date.parse((isDone ? before?.FinishedAt : before?.StartedAt) ?? '');
        expect(started, `${name} after ${other}`).toBeGreaterThan(began);
      }
    }
    for (const { HostConfig } of inspections.values()) {
      expect([HostConfig.ReadonlyRootfs, HostConfig.CapDrop]).toEqual([true, ['ALL']]);
    }
  });

  test.each([
    { who: 'somebody of the password database', connector: 'local', login: 'admin@example.com', shown: ['Ada Admin'] },
    {
      who: 'somebody of the LDAP directory',
      connector: 'directory',
      login: 'grace',
      shown: ['Grace Hopper', 'developers'],
    },
  ])('signs $who in at the example application, with a browser', async ({ connector, login, shown }) => {
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(EXAMPLE);
    await appScreen.signIn(page);
    await chooseScreen.choose(page, connector);
    await loginScreen.fill(page, login, 'password');
    await loginScreen.submit(page);
    await approvalScreen.approve(page);
    await appScreen.signedIn(page);
    const text = await page.textContent('body');
    for (const words of shown) expect(text).toContain(words);
  });

  test('tells of both sign-ins in Kafka', async () => {
    const read = async () =>
      (await engine.docker('run', '--rm', '--network=tessera_messages', TOPIC_READER, 'kafka:9092', 'tessera.events'))
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { readonly type: string; readonly data: { readonly connectorId?: string } });
    const told = await waitFor(
      async () => {
        const events = (await read()).filter(({ type }) => type === 'dev.tessera.sign_in.succeeded');
        return events.length >= 2 ? events : undefined;
      },
      { what: 'two sign-ins in Kafka', timeoutMs: PATIENCE_MS },
    );
    expect(told.map(({ data }) => data.connectorId ?? '').toSorted()).toEqual(['directory', 'local']);
  });

  test('has a trace of a sign-in through the services behind the collector', async () => {
    const found = await waitFor(
      async () => {
        const traces = JSON.parse(await ask('dashboards', 'http://traces:16686/')) as readonly {
          services: readonly string[];
        }[];
        return traces.find(({ services }) => services.length >= 3)?.services;
      },
      { what: 'a trace', timeoutMs: PATIENCE_MS },
    );
    expect(found).toEqual(expect.arrayContaining(['tessera-authorize', 'tessera-storage']));
  });

  test('has every replica asked by Prometheus, whose rules are read and find nothing wrong', async () => {
    interface Targets {
      readonly data: {
        readonly activeTargets: readonly {
          readonly health: string;
          readonly labels: Readonly<Record<string, string>>;
        }[];
      };
    }
    const up = await waitFor(
      async () => {
        const { data } = JSON.parse(await ask('dashboards', 'http://prometheus:9090/api/v1/targets')) as Targets;
        const well = data.activeTargets.filter(({ health }) => health === 'up').map(({ labels }) => labels);
        return well.length >= 8 ? well : undefined;
      },
      { what: 'the targets of Prometheus', timeoutMs: PATIENCE_MS },
    );
    const components = up.filter(({ job }) => job === 'tessera').map(({ component = '' }) => component);
    expect(components.toSorted()).toEqual(['authorize', 'events', 'federation', 'keys', 'storage', 'token']);
    const signIns = await waitFor(
      async () => {
        const answer = await ask('dashboards', queryUrl('sum by (connector, outcome) (tessera_sign_ins_total)'));
        return answer.includes('"directory"') && answer.includes('"local"') ? answer : undefined;
      },
      { what: 'the sign-ins at Prometheus', timeoutMs: PATIENCE_MS },
    );
    expect(signIns).toContain('"succeeded"');
    const rules = await ask('dashboards', 'http://prometheus:9090/api/v1/rules');
    expect(rules.match(/"name":"Tessera/g)).toHaveLength(12);
    expect(rules).not.toContain('"state":"firing"');
    expect(JSON.parse(await (await fetch('http://127.0.0.1:3000/')).text())).toEqual([200, 200]);
  });

  test('has rules and dashboards that promtool understands', async () => {
    const promtool = (...args: readonly string[]): Promise<string> =>
      engine.docker(
        ...[
          'run',
          '--rm',
          '--network=none',
          '--entrypoint=promtool',
          `--volume=${ROOT.pathname}deploy/prometheus:/rules:ro`,
        ],
        ...['--workdir=/rules', 'prom/prometheus:v3.7.3', ...args],
      );
    expect(await promtool('test', 'rules', 'alerts-test.yaml')).toContain('SUCCESS');
    expect(
      await engine.compose(['exec', 'prometheus', 'promtool', 'check', 'config', '/etc/prometheus/prometheus.yaml']),
    ).toContain('12 rules found');
    const files = ['overview', 'keys', 'storage', 'processes'].map((name) =>
      readFile(new URL(`deploy/grafana/dashboards/${name}.json`, ROOT), 'utf8'),
    );
    const dashboards = (await Promise.all(files)).map(
      (text) => JSON.parse(text) as { panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[] },
    );
    const expressions = dashboards
      .flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets))
      .map(({ expr }) => expr.replaceAll('$__rate_interval', '1m'));
    const answers = await askAll('dashboards', expressions.map(queryUrl));
    for (const [at, answer] of answers.entries()) expect(answer, expressions[at]).toContain('"status":"success"');
  });

  test('scales the token service to three and back while requests go on, without touching the gateway', async () => {
    let repeated = 0;
    // As client libraries do: what is unavailable for the moment is asked for again.
    const token = async (): Promise<number> => {
      for (let attempt = 1; ; attempt += 1) {
        const body = new URLSearchParams({ grant_type: 'refresh_token' });
        const response = await fetch(`${ISSUER}/token`, { method: 'POST', body });
        await response.arrayBuffer();
        const seconds = Number(response.headers.get('retry-after') ?? 0);
        if (response.status !== 503 || seconds === 0 || attempt === 3) return response.status;
        repeated += 1;
        await pause(1000 * seconds);
      }
    };
    const scaling = new AbortController();
    const seen: number[] = [];
    const traffic = (async () => {
      while (!scaling.signal.aborted) {
        seen.push(await token());
        await pause(20);
      }
    })();
    const gatewayStarted = (await inspect()).find(
      ({ Config }) => Config.Labels['com.docker.compose.service'] === 'gateway',
    )?.State.StartedAt;
    const answering = async (): Promise<number> => {
      const expression = 'count(tessera_http_requests_total{component="token", route="token", status="401"} > 0)';
      return Number(/"value":\[[^,]*,"(\d+)"\]/.exec(await ask('dashboards', queryUrl(expression)))?.[1] ?? 0);
    };
    try {
      await engine.compose(['up', '--detach', '--wait', '--no-build', '--no-recreate', '--scale', 'token=3']);
      await waitFor(async () => ((await answering()) === 3 ? true : undefined), {
        what: 'requests at three token services',
        timeoutMs: PATIENCE_MS,
      });
      await engine.compose(['up', '--detach', '--wait', '--no-build', '--no-recreate', '--scale', 'token=1']);
    } finally {
      scaling.abort();
      await traffic;
    }
    expect(seen.length).toBeGreaterThan(50);
    expect([...new Set(seen)]).toEqual([401]);
    expect(repeated / seen.length).toBeLessThan(0.05);
    const gateway = (await inspect()).find(({ Config }) => Config.Labels['com.docker.compose.service'] === 'gateway');
    expect(gateway?.State.StartedAt).toBe(gatewayStarted);
  });

  test('keeps containers from whom they have no business with', async () => {
    const reaches = async (service: string, address: string): Promise<boolean> => {
      const [name = '', port = ''] = address.split(':');
      const script = `require('node:net').connect(${port}, '${name}').on('connect', () => process.exit(0)).on('error', () => process.exit(9)).setTimeout(2000, () => process.exit(9))`;
      return engine.compose(['exec', service, 'node', '--eval', script]).then(
        () => true,
        () => false,
      );
    };
    expect(await reaches('token', 'storage:9090')).toBe(true);
    expect(await reaches('federation', 'directory:1636')).toBe(true);
    for (const [service, address] of [
      ['token', 'postgres:5432'],
      ['token', 'redis:6379'],
      ['keys', 'directory:1636'],
      ['storage', 'kafka:9092'],
      ['federation', 'gateway:5556'],
      ['events', 'postgres:5432'],
    ] as const) {
      expect([service, address, await reaches(service, address)]).toEqual([service, address, false]);
    }
  });

  test('starts a smaller set when one is named, with events on standard output', async () => {
    await engine.compose(['down', '--volumes', '--timeout', '50']);
    await engine.compose(['--profile', 'minimal', 'up', '--detach', '--wait', '--no-build'], { TESSERA_TRACES: '' });
    const running = (await states()).filter(({ State }) => State === 'running').map(({ Service }) => Service);
    const core = ['authorize', 'events-log', 'federation', 'gateway', 'keys', 'postgres', 'redis', 'storage', 'token'];
    expect(running.toSorted()).toEqual(core);
    const agent = createUserAgent({ stopAt: CALLBACK });
    const page = await walkPages(agent, authorizationUrl({ issuer: ISSUER }), {
      login: 'admin@example.com',
      password: 'password',
    });
    expect(page.isStopped).toBe(true);
    const told = await waitFor(
      async () =>
        (await engine.compose(['--profile', 'minimal', 'logs', '--no-log-prefix', 'events-log'])).match(
          /^.*sign_in\.succeeded.*$/m,
        )?.[0],
      { what: 'the event in the log', timeoutMs: PATIENCE_MS },
    );
    expect(told).toContain('"connectorId":"local"');
  });
});
