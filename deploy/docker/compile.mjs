// Adds to the files of an image what V8 makes of the program in it, which Node then finds at every start. Needs root.
//
//   node deploy/docker/compile.mjs OUT     OUT is what assemble.mjs put together, and becomes the root of a process
//
// Where the image is for a kind of machine that is neither this one nor emulated here, it is left as it is: it works as well,
// and starts more slowly.

import { spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Node looks in a folder of the number of its user. */
const UID = 1001;
const CACHE = '/opt/tessera/compile-cache';
const PROGRAM = '/tmp/compile-cache.mjs';

const [out] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node deploy/docker/compile.mjs OUT');
const cache = join(out, CACHE);
mkdirSync(cache, { recursive: true });
chownSync(cache, UID, UID);
copyFileSync('deploy/docker/compile-cache.mjs', join(out, PROGRAM));
const env = { PATH: '/usr/local/bin', NODE_ENV: 'production', NODE_COMPILE_CACHE: CACHE };
const inside = (/** @type {string} */ argument, /** @type {import('node:child_process').StdioOptions} */ stdio) =>
  spawnSync('/usr/sbin/chroot', [`--userspec=${UID}:${UID}`, out, '/usr/local/bin/node', argument], { env, stdio })
    .status;
const isRunnable = inside('--version', 'ignore') === 0;
const status = isRunnable ? inside(PROGRAM, 'inherit') : 0;
for (const file of globSync('tmp/*', { cwd: out })) rmSync(join(out, file), { recursive: true });
if (!isRunnable) process.stderr.write('The image is for another kind of machine: nothing was compiled in advance.\n');
if (status !== 0) throw new Error(`compiling in advance ended with code ${status}`);
// Nobody in the image may put anything into it.
for (const file of ['', ...globSync('**', { cwd: cache })]) chownSync(join(cache, file), 0, 0);
