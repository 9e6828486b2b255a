import { expect, test } from 'vitest';
import { KUBERNETES_VERSIONS, validateResources } from './kubernetes-schemas.ts';
import { componentNames, renderComponents, renderFolder } from './kustomize.ts';
import type { Manifest } from './manifest.ts';

test.each(KUBERNETES_VERSIONS)(
  'Kubernetes %s takes every field of the base, the overlays and all components',
  async (version) => {
    for (const folder of ['base', 'overlays/dev', 'overlays/production']) {
      expect([folder, await validateResources(await renderFolder(folder), version)]).toEqual([folder, []]);
    }
    expect(await validateResources(await renderComponents(...(await componentNames())), version)).toEqual([]);
  },
);

test('A misspelt field, a wrong type and a missing one are found, also deep inside and in custom resources', async () => {
  const service = (spec: unknown): Manifest => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec });
  const certificate = (spec: unknown): Manifest => ({
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'x' },
    spec,
  });
  const good = { secretName: 'x', issuerRef: { name: 'x' } };
  const problems = async (resource: Manifest) => (await validateResources([resource], '1.37')).join();
  expect(await problems(service({ ports: [{ port: 1 }] }))).toBe('');
  expect(await problems(service({ ports: [{ port: 1, targetport: 2 }] }))).toContain('targetport');
  expect(await problems(service({ ports: [{ port: 'http' }] }))).toContain('/spec/ports/0/port');
  expect(await problems(service({ ports: [{ name: 'http' }] }))).toContain('port');
  expect(await problems(certificate(good))).toBe('');
  expect(await problems(certificate({ ...good, privateKey: { rotationpolicy: 'Always' } }))).toBe(
    'Certificate x: /spec/privateKey/rotationpolicy is not known',
  );
  expect(await problems(certificate({ secretName: 1, issuerRef: { name: 'x' } }))).toContain('/spec/secretName');
  expect(await problems({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'x' } })).toContain(
    'no schema',
  );
});
