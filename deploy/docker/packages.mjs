// Installs the packages of npm that a workspace needs in production, for the platform of an image, and copies those that
// stay packages there.

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** For people who write code, not for machines that run it. */
const UNUSED =
  /\.([cm]?ts|map|md|markdown|tsbuildinfo)$|\.test\.js$|^\/(tests?|__tests__|benchmarks?)(\/|$)|\/node_modules(\/|$)/;
const LICENCE = /^(licen[sc]e|notice|copying)/i;

/**
 * The folders of a workspace and of all workspaces it needs at run time, the workspace first.
 *
 * @param {string} wanted
 * @returns {string[]}
 */
export function workspaceFolders(wanted) {
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
 * Puts compiled workspaces into `app`, and the packages they need in production beside them.
 *
 * @param {{app: string, folders: readonly string[], cpu: string}} options
 */
export function installPackages({ app, folders, cpu }) {
  for (const folder of folders) {
    const { devDependencies: _unused, scripts: _unneeded, ...manifest } = readJson(join(folder, 'package.json'));
    mkdirSync(join(app, folder), { recursive: true });
    writeFileSync(join(app, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    cpSync(join(folder, 'dist'), join(app, folder, 'dist'), { recursive: true });
  }
  const { name, version, license, description } = readJson('package.json');
  const root = { name, version, license, description, private: true, type: 'module', workspaces: folders };
  writeFileSync(join(app, 'package.json'), `${JSON.stringify(root, null, 2)}\n`);
  for (const file of ['package-lock.json', '.npmrc']) copyFileSync(file, join(app, file));
  // Not `npm ci`: the lock file lists the platform packages of the machines it was made on, and `npm ci` insists on all.
  const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-save', '--loglevel=error'];
  const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
  const install = (/** @type {readonly string[]} */ names) =>
    execFileSync('npm', ['install', ...options, ...platform, ...names], { cwd: app, stdio: 'inherit' });
  install([]);
  // For the same reason it may not have the native packages of this platform, which the packages that use them name exactly.
  const missing = missingNatives(app, `-linux-${cpu}-gnu`);
  if (missing.length > 0) install(missing);
}

/**
 * @param {string} app
 * @param {string} ending of the names of packages for the platform
 * @returns {string[]} as `name@version`
 */
function missingNatives(app, ending) {
  const manifests = globSync(['node_modules/*/package.json', 'node_modules/@*/*/package.json'], { cwd: app });
  const optional = manifests.flatMap((file) => Object.entries(readJson(join(app, file)).optionalDependencies ?? {}));
  const natives = optional.filter(([name]) => name.endsWith(ending) && !existsSync(join(app, 'node_modules', name)));
  return natives.map(([name, version]) => `${name}@${version}`);
}

/**
 * The folders of packages and of all that they need, relative to `app`, as Node finds them there.
 *
 * @param {string} app
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function packageFolders(app, names) {
  const waiting = names.map((name) => ({ name, from: app }));
  const folders = new Set();
  for (const { name, from } of waiting) {
    // For compilers only.
    if (name.startsWith('@types/')) continue;
    const folder = findPackage(app, from, name);
    if (folder === undefined && from === app) throw new Error(`the package ${name} is not in ${app}/node_modules`);
    // An optional package of another platform, or one that is built by a compiler.
    if (folder === undefined || folders.has(folder) || isUnbuilt(folder)) continue;
    folders.add(folder);
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
    } = readJson(join(folder, 'package.json'));
    const needed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    waiting.push(...needed.map((other) => ({ name: other, from: folder })));
  }
  return [...folders].map((folder) => relative(app, folder));
}

/**
 * @param {string} app
 * @param {string} from
 * @param {string} name
 * @returns {string | undefined}
 */
function findPackage(app, from, name) {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  return from === app ? undefined : findPackage(app, dirname(from), name);
}

/** Whether a package has code for a compiler that never ran. @param {string} folder */
function isUnbuilt(folder) {
  return existsSync(join(folder, 'binding.gyp')) && globSync('**/*.node', { cwd: folder }).length === 0;
}

/**
 * Copies what of a package is used at run time, and its licence.
 *
 * @param {{app: string, out: string, folder: string}} options
 */
export function copyPackage({ app, out, folder }) {
  cpSync(join(app, folder), join(out, folder), {
    recursive: true,
    filter: (file) => LICENCE.test(basename(file)) || !UNUSED.test(file.slice(app.length + folder.length + 1)),
  });
}

/**
 * Copies the licence and the notices of a package whose code is in a bundle, with its package.json.
 *
 * @param {{app: string, out: string, folder: string}} options
 */
export function copyLicence({ app, out, folder }) {
  const copied = globSync('*', { cwd: join(app, folder) }).filter((name) => LICENCE.test(name));
  mkdirSync(join(out, folder), { recursive: true });
  for (const name of copied) copyFileSync(join(app, folder, name), join(out, folder, name));
}

/** @param {string} file */
export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
