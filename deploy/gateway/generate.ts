// Writes the gateway configuration of docker-compose.yml.
//
//   node --conditions=source deploy/gateway/generate.ts [FOLDER]     FOLDER is this one when left out

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeGateway } from '../../packages/cli/src/gateway/compose-gateway.ts';

const folder = process.argv[2] ?? import.meta.dirname;
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'nginx.conf'), composeGateway());
