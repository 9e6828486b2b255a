import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDirectory } from '@tessera/testkit';
import { stringify } from 'yaml';

/** A folder of its own with a configuration file in it. */
export interface ConfigFolder extends AsyncDisposable {
  readonly path: string;
  readonly file: string;
}

/** Writes a configuration that loads, with changes to its top level; a change of undefined leaves a key out. */
export async function writeConfig(changes: Readonly<Record<string, unknown>> = {}): Promise<ConfigFolder> {
  const directory = await createTempDirectory('config');
  const file = join(directory.path, 'config.yaml');
  const config = {
    issuer: 'http://127.0.0.1:5556/dex',
    storage: { type: 'memory' },
    web: { http: '127.0.0.1:0' },
    logger: { level: 'error' },
    connectors: [{ type: 'mockCallback', id: 'mock', name: 'Example' }],
    staticClients: [
      { id: 'app', name: 'App', secret: 'canary-client-secret', redirectURIs: ['http://127.0.0.1:5555/callback'] },
    ],
    ...changes,
  };
  await writeFile(file, stringify(config, { keepUndefined: false }));
  return { path: directory.path, file, [Symbol.asyncDispose]: () => directory.remove() };
}
