import { expect, test } from 'vitest';
import { runCommand } from './containers/run-command.ts';
import { kubernetesTools } from './kubernetes-tools.ts';

test('kubectl and helm run, and are of the versions that the manifests are rendered with', {
  timeout: 300_000,
}, async () => {
  const { kubectl, helm } = await kubernetesTools();
  expect(await runCommand([kubectl, 'version', '--client'])).toContain('v1.35.2');
  expect(await runCommand([helm, 'version', '--template', '{{.Version}}'])).toBe('v4.1.4');
});
