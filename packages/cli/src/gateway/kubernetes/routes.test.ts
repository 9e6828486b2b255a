import { createRouter, type RouteName, routePaths, routeTable } from '@tessera/http';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { publicRoutes } from '../public-routes.ts';
import { nearMisses } from '../testing/near-misses.ts';
import { chartRoutes } from './chart-routes.ts';
import { httpRoutes } from './http-routes.ts';
import { ingress } from './ingress.ts';

// Gateway API and Ingress know exact paths and prefixes of whole segments. Which service such a route leads to is worked
// out here as their specifications say, and compared with the router of the services.

interface Rule {
  readonly type: string;
  readonly value: string;
  readonly service: string;
}

const ALLOWED_PATH = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;
const UNTOUCHED = /\/\/|\/\.\/|\/\.\.\/|%2f|#|\/\.\.$|\/\.$/i;

interface HttpRoute {
  readonly spec: {
    readonly hostnames: readonly string[];
    readonly rules: readonly {
      readonly matches: readonly { readonly path: { readonly type: string; readonly value: string } }[];
      readonly filters: readonly { readonly requestHeaderModifier: { readonly remove: readonly string[] } }[];
      readonly backendRefs: readonly { readonly name: string; readonly port: number }[];
    }[];
  };
}

interface IngressResource {
  readonly spec: {
    readonly rules: readonly {
      readonly http: {
        readonly paths: readonly {
          readonly path: string;
          readonly pathType: string;
          readonly backend: { readonly service: { readonly name: string; readonly port: { readonly number: number } } };
        }[];
      };
    }[];
  };
}

interface ChartRoutes {
  readonly routes: readonly {
    readonly service: string;
    readonly path: string;
    readonly type: string;
    readonly atRoot: boolean;
  }[];
}

function httpRouteRules(basePath: string): Rule[] {
  const route = parse(httpRoutes({ basePath, hostname: 'h', gateway: 'g' })) as HttpRoute;
  return route.spec.rules.flatMap(({ matches, backendRefs }) =>
    matches.map(({ path }) => ({ ...path, service: serviceOf(backendRefs[0]?.name) })),
  );
}

function ingressRules(basePath: string): Rule[] {
  const resource = parse(ingress({ basePath, hostname: 'h', gateway: 'g' })) as IngressResource;
  return resource.spec.rules.flatMap(({ http }) =>
    http.paths.map(({ path, pathType, backend }) => ({
      type: pathType,
      value: path,
      service: serviceOf(backend.service.name),
    })),
  );
}

/** As the chart's templates put them together. */
function chartRules(basePath: string): Rule[] {
  const { routes } = parse(chartRoutes()) as ChartRoutes;
  return routes
    .filter(({ atRoot }) => basePath !== '' || !atRoot)
    .map(({ service, path, type, atRoot }) => ({
      service,
      type,
      value: (atRoot ? `${path}${basePath}` : `${basePath}${path}`) || '/',
    }));
}

function serviceOf(name: string | undefined): string {
  return /^tessera-(\w+)-http$/.exec(name ?? '')?.[1] ?? 'nobody';
}

/** Gateway API v1, HTTPPathMatch; Ingress, path types: an exact path goes before a prefix, a longer prefix before a shorter. */
function serviceFor(rules: readonly Rule[], path: string): string | undefined {
  const exact = rules.find(({ type, value }) => type === 'Exact' && value === path);
  if (exact !== undefined) return exact.service;
  const segments = path.split('/');
  const prefixes = rules.filter(({ type, value }) => {
    if (type === 'Exact') return false;
    const wanted = value.replace(/\/$/, '').split('/');
    return wanted.every((segment, position) => segments[position] === segment);
  });
  return prefixes.toSorted((left, right) => right.value.length - left.value.length)[0]?.service;
}

const forms = { HTTPRoute: httpRouteRules, Ingress: ingressRules, 'chart routes': chartRules };

for (const [form, rulesOf] of Object.entries(forms)) {
  describe(form, () => {
    test.each(['', '/dex', '/tenants/a.b/v1'])(
      'Every public path leads to its service, below the issuer’s path "%s"',
      (basePath) => {
        const rules = rulesOf(basePath);
        for (const { spec } of publicRoutes) {
          for (const path of routePaths(basePath, spec)) {
            const asked = path.replace(/:\w+/, 'a%20b');
            expect([asked, serviceFor(rules, asked)]).toEqual([asked, spec.service]);
          }
        }
      },
    );

    test('N92: a path that is none of ours leads nowhere, or to a service that does not know it either', () => {
      const rules = rulesOf('/dex');
      const route = createRouter('/dex', Object.keys(routeTable) as RouteName[]);
      for (const path of nearMisses('/dex')) {
        const service = serviceFor(rules, path);
        const known = route(path)?.spec.service;
        if (known !== undefined) expect([path, service]).toEqual([path, known]);
        if (service === undefined) continue;
        const own = publicRoutes.filter(({ spec }) => spec.service === service).map(({ name }) => name);
        expect([path, createRouter('/dex', own)(path)?.spec.service]).toEqual([path, known]);
      }
    });

    test('Nothing leads to a service that is not public', () => {
      const services = new Set(rulesOf('/dex').map(({ service }) => service));
      expect([...services].toSorted()).toEqual(['authorize', 'keys', 'token']);
    });
  });
}

test('An HTTPRoute keeps to the bounds of Gateway API v1', () => {
  const route = parse(httpRoutes({ basePath: '/dex', hostname: 'id.example.com', gateway: 'public' })) as HttpRoute;
  expect(route.spec.rules.length).toBeLessThanOrEqual(16);
  for (const { matches, filters, backendRefs } of route.spec.rules) {
    expect(matches.length).toBeLessThanOrEqual(64);
    expect(filters[0]?.requestHeaderModifier.remove.length).toBeLessThanOrEqual(16);
    expect(backendRefs.map(({ port }) => port)).toEqual([8080]);
    for (const { path } of matches) {
      expect(path.value).toMatch(ALLOWED_PATH);
      expect(path.value).not.toMatch(UNTOUCHED);
    }
  }
});
