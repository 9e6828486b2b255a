// Copies files that the compiler leaves alone (stylesheets, scripts, SQL) from a package's sources to its build.
//
//   node ../../scripts/copy-assets.mjs FROM TO [FROM TO]…     paths relative to the package; folders are copied whole

import { cpSync, rmSync } from 'node:fs';

/** @param {readonly string[]} paths pairs of FROM and TO */
function copyAssets(paths) {
  if (paths.length === 0 || paths.length % 2 !== 0) throw new Error('usage: copy-assets.mjs FROM TO [FROM TO]…');
  for (let position = 0; position < paths.length; position += 2) {
    const [from = '', to = ''] = paths.slice(position, position + 2);
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  }
}

copyAssets(process.argv.slice(2));
