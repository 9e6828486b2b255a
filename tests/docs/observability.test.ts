import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMetrics } from '@tessera/telemetry';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DASHBOARDS = 'deploy/grafana/dashboards';
const DOCUMENT = 'docs/reference/metrics.md';

const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

interface Metric {
  readonly kind: string;
  readonly labels: readonly string[];
}

/** What Prometheus itself says of a target, and what it is told by its configuration or a monitor. */
const OF_TARGETS = ['job', 'instance', 'component'];
const SUFFIXES = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] };

/** All there is to ask for: the table of the reference, compared with the source elsewhere, and what every process tells. */
async function knownSeries(): Promise<ReadonlyMap<string, Metric>> {
  const series = new Map<string, Metric>([['up', { kind: 'gauge', labels: [] }]]);
  const add = (name: string, kind: keyof typeof SUFFIXES, labels: readonly string[]): void => {
    for (const suffix of SUFFIXES[kind]) series.set(`${name}${suffix}`, { kind, labels });
  };
  for (const [, name = '', kind, labels = ''] of (await read(DOCUMENT)).matchAll(
    /^\| `(tessera_[a-z_]+)` +\| ([a-z]+) +\| ([^|]*)\|/gm,
  )) {
    add(
      name,
      kind as keyof typeof SUFFIXES,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    );
  }
  for (const [, name = '', kind] of (await createMetrics().exposition()).body.matchAll(/^# TYPE (\S+) (\w+)$/gm)) {
    if (!series.has(name)) add(name, kind as keyof typeof SUFFIXES, ['kind']);
  }
  return series;
}

/** The metrics that an expression of PromQL asks for, with the labels it chooses by. */
function selectors(expression: string): readonly { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expression.matchAll(/\b((?:tessera|nodejs|process)_\w+|up)\b(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
    }),
  );
}

async function assertAskable(expression: string): Promise<void> {
  const series = await knownSeries();
  const asked = selectors(expression);
  expect(asked.length, expression).toBeGreaterThan(0);
  const labels = new Set(OF_TARGETS);
  for (const { name, labels: chosen } of asked) {
    const metric = series.get(name);
    expect(metric, `${name} in ${expression}`).toBeDefined();
    for (const label of metric?.labels ?? []) labels.add(label);
    for (const label of chosen) expect([...labels], `${label} in ${expression}`).toContain(label);
    // A counter says nothing but by its change.
    const isChange = new RegExp(`\\b(?:rate|increase)\\(${name}\\b`).test(expression);
    if (metric?.kind !== 'gauge' && name.startsWith('tessera_')) expect(isChange, expression).toBe(true);
  }
  if (asked.some(({ name }) => name.endsWith('_bucket'))) labels.add('le');
  for (const [, by = ''] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
    for (const label of by.split(',')) expect([...labels], expression).toContain(label.trim());
  }
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

describe('The dashboards', async () => {
  const files = (await readdir(join(ROOT, DASHBOARDS))).toSorted();
  const dashboards = await Promise.all(
    files.map(async (file) => JSON.parse(await read(join(DASHBOARDS, file))) as Dashboard),
  );

  test('are four, each by a name of its own, and the first that is shown is one of them', async () => {
    expect(files).toEqual(['keys.json', 'overview.json', 'processes.json', 'storage.json']);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(files.length);
    expect(await read('docker-compose.yml')).toContain('/etc/grafana/dashboards/overview.json');
  });

  test.each(dashboards)('$title asks for nothing that is not measured', async ({ panels, templating }) => {
    expect(templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }]);
    const drawn = panels.filter(({ type }) => type !== 'row');
    expect(drawn.length).toBeGreaterThan(5);
    for (const { targets = [] } of drawn) {
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr, datasource } of targets) {
        expect(datasource.uid).toMatch(/^\$\{datasource\}$/);
        await assertAskable(expr.replaceAll('$__rate_interval', '1m'));
      }
    }
  });

  test.each(dashboards)('$title has its panels side by side', ({ panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  test('between them show every metric there is', async () => {
    const shown = JSON.stringify(dashboards);
    for (const [, name = ''] of (await read(DOCUMENT)).matchAll(/^\| `(tessera_[a-z_]+)`/gm))
      expect(shown).toContain(name);
  });
});

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

describe('The alerts', async () => {
  const { groups } = parse(await read('deploy/prometheus/alerts.yaml')) as {
    readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const told = [...(await read(DOCUMENT)).matchAll(/^\| `(\w+)` [^|]+\| `(Tessera\w+)` +\|/gm)];

  test.each(rules)('$alert asks for what is measured, and says what is wrong', async (rule) => {
    await assertAskable(rule.expr);
    expect(['page', 'ticket']).toContain(rule.labels.severity);
    expect(rule.for ?? '1m').toMatch(/^\d+m$/);
    for (const text of [rule.annotations.summary, rule.annotations.description]) expect(text).toMatch(/^\S.*\S$/);
  });

  test('are the table of what to be woken by, with its metrics', () => {
    expect(told.map(([, , alert = '']) => alert).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
    for (const [, metric = '', alert] of told)
      expect(rules.find((rule) => rule.alert === alert)?.expr).toContain(metric);
  });
});

describe('Prometheus, the collector and Grafana', async () => {
  const yaml = async <T>(file: string): Promise<T> => parse(await read(file)) as T;

  test('find every service of the composition, and one another', async () => {
    const { services } = await yaml<{ services: Record<string, { networks?: readonly string[] | object }> }>(
      'docker-compose.yml',
    );
    const { scrape_configs: jobs } = await yaml<{
      scrape_configs: readonly {
        readonly job_name: string;
        readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
        readonly static_configs?: readonly { readonly targets: readonly string[] }[];
      }[];
    }>('deploy/prometheus/prometheus.yaml');
    const [found] = jobs.flatMap(({ dns_sd_configs = [] }) => dns_sd_configs);
    const isOn = (name: string, network: string): boolean => {
      const networks = services[name]?.networks ?? [];
      return (Array.isArray(networks) ? networks : Object.keys(networks)).includes(network);
    };
    // Where there is no Kafka, another container has the name of `events`.
    const telemetry = Object.keys(services).filter((name) => isOn(name, 'telemetry') && name !== 'events-log');
    expect(JSON.stringify(services['events-log']?.networks)).toContain('{"aliases":["events"]}');
    expect([...(found?.names ?? []), 'collector', 'prometheus'].toSorted()).toEqual(telemetry.toSorted());
    const config = await yaml<{ telemetry: { http: string } }>('deploy/config/compose.yaml');
    expect(config.telemetry.http).toBe(`0.0.0.0:${found?.port}`);
    expect(jobs.flatMap(({ static_configs = [] }) => static_configs.flatMap(({ targets }) => targets))).toEqual([
      'collector:8888',
      '127.0.0.1:9090',
    ]);
    const { datasources } = await yaml<{ datasources: readonly { readonly url: string }[] }>(
      'deploy/grafana/provisioning/datasources/datasources.yaml',
    );
    const hosts = datasources.map(({ url }) => new URL(url).hostname);
    for (const host of hosts) expect(isOn(host, 'dashboards')).toBe(true);
    const { providers } = await yaml<{ providers: readonly { readonly options: { readonly path: string } }[] }>(
      'deploy/grafana/provisioning/dashboards/dashboards.yaml',
    );
    expect(providers.map(({ options }) => options.path)).toEqual(['/etc/grafana/dashboards']);
  });

  test('have pipelines of components that are configured, and no others are', async () => {
    type Parts = Readonly<Record<string, unknown>>;
    const collector = await yaml<{
      readonly receivers: Parts;
      readonly processors: Parts;
      readonly exporters: Parts;
      readonly service: { readonly pipelines: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> };
    }>('deploy/collector/config.yaml');
    for (const part of ['receivers', 'processors', 'exporters'] as const) {
      const used = new Set(Object.values(collector.service.pipelines).flatMap((pipeline) => pipeline[part] ?? []));
      expect([...used].toSorted()).toEqual(Object.keys(collector[part]).toSorted());
    }
    // Its memory is bounded before anything is kept.
    expect(collector.service.pipelines['traces']?.['processors']?.[0]).toBe('memory_limiter');
    expect(await read('docker-compose.yml')).toContain('{TESSERA_TRACES-http://collector:4318}');
  });
});
