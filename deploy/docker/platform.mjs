// Collects what an image needs of the platform it is for: Node, the shared libraries that Node and native modules name, and
// what these belong to.

import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readElf, stripElf } from './elf.mjs';

const NODE = '/usr/local/bin/node';

/**
 * @typedef {object} SystemPackage
 * @property {string} name
 * @property {string} version
 * @property {string} architecture
 */

/**
 * Copies the files of the platform that the modules below `out` need.
 *
 * @param {{root: string, out: string}} options `root` is the root of a system that has Node and its libraries
 * @returns {SystemPackage[]} the packages of Debian that the files are of
 */
export function copyPlatform({ root, out }) {
  const node = copyFile(root, out, NODE);
  const modules = globSync('**/*.node', { cwd: out }).map((file) => join(out, file));
  const files = new Set();
  const waiting = [node, ...modules].flatMap(named);
  for (const name of waiting) {
    const file = name.startsWith('/') ? name : findLibrary(root, name);
    if (file === undefined) throw new Error(`${root} has no library ${name}`);
    if (files.has(file)) continue;
    files.add(file);
    waiting.push(...named(copyFile(root, out, file)));
  }
  stripElf(node);
  return owners(root, [...files]);
}

/** @param {string} file */
function named(file) {
  const { needed, interpreter } = readElf(file);
  return interpreter === undefined ? needed : [interpreter, ...needed];
}

/**
 * @param {string} root
 * @param {string} name
 */
function findLibrary(root, name) {
  const folders = globSync(['lib/*-linux-gnu', 'usr/lib/*-linux-gnu', 'usr/local/lib'], { cwd: root });
  const folder = folders.find((candidate) => existsSync(join(root, candidate, name)));
  return folder && join('/', folder, name);
}

/**
 * @param {string} root
 * @param {string} out
 * @param {string} file
 */
function copyFile(root, out, file) {
  const copy = join(out, file);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(realpathInside(root, file), copy);
  chmodSync(copy, 0o755);
  return copy;
}

/**
 * A file of another system whose links may be absolute in it.
 *
 * @param {string} root
 * @param {string} file
 */
function realpathInside(root, file) {
  const real = realpathSync(join(root, file));
  return real.startsWith(realpathSync(root)) ? real : join(root, real);
}

/**
 * @param {string} root
 * @param {readonly string[]} files
 * @returns {SystemPackage[]}
 */
function owners(root, files) {
  const names = files.map((file) => file.replace(/^\/usr\//, '/'));
  const installed = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8').split('\n\n').map(readStanza);
  return installed.filter(({ name, architecture }) => {
    const list = [`${name}:${architecture}.list`, `${name}.list`]
      .map((file) => join(root, 'var/lib/dpkg/info', file))
      .find((file) => existsSync(file));
    const owned = list === undefined ? [] : readFileSync(list, 'utf8').split('\n');
    return owned.some((file) => file !== '' && names.includes(file.replace(/^\/usr\//, '/')));
  });
}

/** @param {string} stanza */
function readStanza(stanza) {
  const field = (/** @type {string} */ name) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
  return { name: field('Package'), version: field('Version'), architecture: field('Architecture') };
}
