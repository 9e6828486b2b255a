// Puts together the files of an image: what is under OUT becomes its root.
//
//   node deploy/docker/assemble.mjs OUT [WORKSPACE]     in a checkout that is built; WORKSPACE is @tessera/cli by default
//
// The result holds Node, the shared libraries that it and the native modules need, the compiled packages and their
// production dependencies; no shell, no package manager, no sources.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** The user of the image. */
const UID = 1001;
/** For people who write code, not for machines that run it. */
const UNUSED = ['**/*.ts', '**/*.mts', '**/*.cts', '**/*.map', '**/*.md', '**/*.tsbuildinfo'];
const LICENCE = /^(licen[sc]e|notice)/i;

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * The folders of a workspace and of all workspaces it needs at run time.
 *
 * @param {string} wanted
 * @returns {string[]}
 */
function workspaceFolders(wanted) {
  const { workspaces } = readJson('package.json');
  const manifests = globSync(workspaces.map((/** @type {string} */ pattern) => `${pattern}/package.json`));
  const known = new Map(manifests.map((file) => [readJson(file).name, dirname(file)]));
  const names = [wanted];
  for (const name of names) {
    const folder = known.get(name);
    if (folder === undefined) throw new Error(`there is no workspace ${name}`);
    const needed = Object.keys(readJson(join(folder, 'package.json')).dependencies ?? {});
    names.push(...needed.filter((other) => known.has(other) && !names.includes(other)));
  }
  return names.map((name) => known.get(name) ?? '');
}

/**
 * @param {string} app
 * @param {readonly string[]} folders
 */
function installPackages(app, folders) {
  for (const folder of folders) {
    const { devDependencies: _unused, scripts: _unneeded, ...manifest } = readJson(join(folder, 'package.json'));
    mkdirSync(join(app, folder), { recursive: true });
    writeFileSync(join(app, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    cpSync(join(folder, 'dist'), join(app, folder, 'dist'), { recursive: true });
  }
  const { name, version, license } = readJson('package.json');
  const root = { name, version, license, private: true, type: 'module', workspaces: folders };
  writeFileSync(join(app, 'package.json'), `${JSON.stringify(root, null, 2)}\n`);
  for (const file of ['package-lock.json', '.npmrc', 'LICENSE']) copyFileSync(file, join(app, file));
  // Not `npm ci`: the lock file lists the platform packages of the machines it was made on, and `npm ci` insists on all.
  const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-save', '--loglevel=error'];
  execFileSync('npm', ['install', ...options], { cwd: app, stdio: 'inherit' });
  for (const rest of ['package-lock.json', '.npmrc', 'node_modules/.package-lock.json', 'node_modules/.bin']) {
    rmSync(join(app, rest), { recursive: true, force: true });
  }
  for (const file of globSync(UNUSED, { cwd: app })) {
    if (!LICENCE.test(file.slice(file.lastIndexOf('/') + 1))) rmSync(join(app, file), { force: true });
  }
}

/**
 * Node itself, and each library that it or a native module names.
 *
 * @param {string} out
 * @param {string} app
 */
function copyRuntime(out, app) {
  const node = join(out, 'usr/local/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  const modules = globSync('node_modules/**/*.node', { cwd: app }).map((file) => join(app, file));
  const libraries = new Set([node, ...modules].flatMap(linkedLibraries));
  for (const library of libraries) {
    mkdirSync(join(out, dirname(library)), { recursive: true });
    copyFileSync(library, join(out, library));
    chmodSync(join(out, library), 0o755);
  }
}

/** @param {string} binary */
function linkedLibraries(binary) {
  const output = execFileSync('ldd', [binary], { encoding: 'utf8' });
  return output.split('\n').flatMap((line) => /(?:=> |^\s*)(\/\S+) \(/.exec(line)?.[1] ?? []);
}

/** @param {string} out */
function writeSystemFiles(out) {
  mkdirSync(join(out, 'etc'), { recursive: true });
  writeFileSync(join(out, 'etc/passwd'), `tessera:x:${UID}:${UID}:Tessera:/var/lib/tessera:/sbin/nologin\n`);
  writeFileSync(join(out, 'etc/group'), `tessera:x:${UID}:\n`);
  // Names are looked up in /etc/hosts first, then by DNS.
  writeFileSync(join(out, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  mkdirSync(join(out, 'tmp'), { recursive: true });
  chmodSync(join(out, 'tmp'), 0o1777);
  mkdirSync(join(out, 'var/lib/tessera'), { recursive: true });
  if (process.getuid?.() === 0) chownSync(join(out, 'var/lib/tessera'), UID, UID);
}

const [out, workspace = '@tessera/cli'] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node deploy/docker/assemble.mjs OUT [WORKSPACE]');
const app = join(out, 'opt/tessera');
const folders = workspaceFolders(workspace);
mkdirSync(app, { recursive: true });
installPackages(app, folders);
if (folders.includes('proto')) {
  mkdirSync(join(app, 'proto/gen'), { recursive: true });
  copyFileSync('proto/gen/descriptors.binpb', join(app, 'proto/gen/descriptors.binpb'));
}
mkdirSync(join(app, 'deploy/docker'), { recursive: true });
for (const name of ['health.mjs', 'first-secrets.mjs', 'certificates.mjs']) {
  copyFileSync(join('deploy/docker', name), join(app, 'deploy/docker', name));
}
copyRuntime(out, app);
writeSystemFiles(out);
