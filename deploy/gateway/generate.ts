// Writes what gateways need to know of the route table: nginx configurations, HTTPRoutes, an Ingress, and the chart's share.
//
//   node --conditions=source deploy/gateway/generate.ts [FOLDER]     FOLDER is this one when left out; the rest is beside it

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles } from '../../packages/cli/src/gateway/generated-files.ts';

const root = dirname(dirname(process.argv[2] ?? import.meta.dirname));
for (const { path, content } of generatedFiles()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}
