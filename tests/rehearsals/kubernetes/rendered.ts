import { fileURLToPath } from 'node:url';
import { kubernetesTools, runProgram } from '@tessera/testkit';

const DEPLOY = fileURLToPath(new URL('../../../deploy/', import.meta.url));

/** The namespace of everything that is rendered. */
export const NAMESPACE = 'tessera';

/** What `kubectl apply -k` would send of an overlay. */
export async function renderOverlay(overlay: string): Promise<string> {
  const { kubectl } = await kubernetesTools();
  return runProgram({ command: kubectl, args: ['kustomize', `${DEPLOY}kubernetes/overlays/${overlay}`] });
}

/** What `helm install tessera` would send, with the chart's values for a trial, and the namespace that it would be told. */
export async function renderChart(): Promise<string> {
  const { helm } = await kubernetesTools();
  const chart = `${DEPLOY}helm/tessera`;
  const values = ['--values', `${chart}/values-dev.yaml`];
  const rendered = await runProgram({
    command: helm,
    args: ['template', 'tessera', chart, `--namespace=${NAMESPACE}`, ...values],
  });
  return `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${NAMESPACE} }\n---\n${rendered}`;
}
