// Joins the compiled packages and most of their dependencies into few files, so that a process starts quickly: reading,
// linking and compiling each of two thousand modules by itself takes longer than all that the process then does.

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Packages that stay packages: they have native code, read files beside their own, reach into other packages' files, or
 * are started only where a configuration asks for them.
 */
const KEPT = [
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@grpc/reflection',
  '@node-rs/argon2',
  '@node-rs/bcrypt',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-node',
  'kafkajs',
  'pkcs11js',
  'protobufjs',
];
/** Files that a module finds beside itself: `new URL('./worker.js', import.meta.url)`. */
const BESIDE = /new URL\(\s*'([^']+)',\s*import\.meta\.url\s*\)/g;

/**
 * @typedef {object} Bundle
 * @property {readonly string[]} kept names of the packages that the files import
 * @property {readonly string[]} folders of the packages that the files contain, relative to `app`
 */

/**
 * Bundles `main` into the folder `out`, with what it starts and reads beside itself.
 *
 * @param {{app: string, main: string, out: string}} options `app` holds compiled workspaces and `node_modules`
 * @returns {Promise<Bundle>}
 */
export async function bundle({ app, main, out }) {
  const first = await build({ app, input: { main: join(app, main) } });
  const { entries, assets } = besides(moduleFiles(first), app);
  const result = await build({ app, input: { main: join(app, main), ...entries }, out });
  for (const [name, file] of Object.entries(assets)) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    copyFileSync(file, join(out, name));
  }
  return { kept: importedPackages(result), folders: packageFolders(moduleFiles(result), app) };
}

/** @param {{app: string, input: Record<string, string>, out?: string}} options nothing is written without `out` */
async function build({ app, input, out }) {
  const isKept = (/** @type {string} */ id) => KEPT.some((name) => id === name || id.startsWith(`${name}/`));
  const building = await rolldown({
    // Names of modules are written relative to it, so that the same sources give the same files wherever they lie.
    cwd: app,
    input,
    platform: 'node',
    external: (id) => id.startsWith('node:') || isKept(id),
    onLog(level, log, handle) {
      // What a package would use if it were installed; it does without.
      const isOptional =
        log.code === 'UNRESOLVED_IMPORT' && /pg-native|pg-cloudflare|cloudflare:sockets/.test(log.message);
      if (level === 'warn' && !isOptional && log.code !== 'EVAL') handle('error', log);
    },
  });
  // All files lie in one folder, so that what a module finds beside itself is beside every file.
  const form = { format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js' };
  const { output } = await (out === undefined ? building.generate(form) : building.write({ ...form, dir: out }));
  await building.close();
  return output;
}

/** @param {readonly any[]} output */
function moduleFiles(output) {
  const files = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  return files.filter((/** @type {string} */ id) => existsSync(id));
}

/**
 * The modules that are started, and the files that are read, by their names relative to the module that names them.
 *
 * @param {readonly string[]} files
 * @param {string} app
 */
function besides(files, app) {
  /** @type {Record<string, string>} */
  const entries = {};
  /** @type {Record<string, string>} */
  const assets = {};
  for (const file of files.filter((name) => !name.includes(`${sep}node_modules${sep}`))) {
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(BESIDE)) {
      const found = join(dirname(file), name);
      // Of a checkout, not of what is built from it.
      if (!name.startsWith('./') || name.endsWith('.ts')) continue;
      if (!existsSync(found)) throw new Error(`${relative(app, file)} names ${name}, which is not beside it`);
      const [known, key] =
        name.endsWith('.js') && !name.includes('assets/') ? [entries, name.slice(2, -3)] : [assets, name];
      if (known[key] !== undefined && known[key] !== found) throw new Error(`two files are called ${name}`);
      known[key] = found;
    }
  }
  return { entries, assets };
}

/** @param {readonly any[]} output */
function importedPackages(output) {
  const names = output.flatMap((chunk) => (chunk.type === 'chunk' ? [...chunk.imports, ...chunk.dynamicImports] : []));
  return KEPT.filter((kept) => names.some((name) => name === kept || name.startsWith(`${kept}/`)));
}

/**
 * @param {readonly string[]} files
 * @param {string} app
 */
function packageFolders(files, app) {
  const folders = new Set(files.map((file) => packageFolder(dirname(file))));
  return [...folders].map((folder) => relative(app, folder));
}

/** @param {string} folder */
function packageFolder(folder) {
  const file = join(folder, 'package.json');
  // Some packages have a package.json without a name in a folder of theirs, which only tells how its modules are written.
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name !== undefined) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('a module is in no package');
  return packageFolder(above);
}
