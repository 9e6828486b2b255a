// Puts together the files of an image: what is under OUT becomes its root.
//
//   node deploy/docker/assemble.mjs OUT [WORKSPACE]     in a checkout that is built; WORKSPACE is @tessera/cli by default
//
// The result holds Node, the shared libraries that it and the native modules need, the compiled program, the packages that
// could not be made a part of it, licences and a list of all that; no shell, no package manager, no sources. Nothing of the
// image's platform is run, so an image for another platform than this machine's is put together as quickly. Variables:
//
//   TARGETARCH      amd64 or arm64, as builders of images call them; this machine's when left out
//   PLATFORM_ROOT   the root of a system of that platform that has Node; / when left out
//   CREATED         when the image is made, for the list; 1970 when left out, so that the same files give the same list

import {
  chmodSync,
  chownSync,
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.mjs';
import { copyLicence, copyPackage, installPackages, packageFolders, workspaceFolders } from './packages.mjs';
import { copyPlatform } from './platform.mjs';
import { bomOf } from './sbom.mjs';

/** The user of the image. */
const UID = 1001;
/** What Node calls the kinds of machine. */
const CPUS = { amd64: 'x64', arm64: 'arm64' };
/** Of this folder, for building an image only. */
const BUILDING = ['assemble', 'bundle', 'compile', 'compile-cache', 'elf', 'packages', 'platform', 'sbom'];

/**
 * @param {{out: string, workspace: string, architecture: string, root: string, created: Date}} options
 */
async function assemble({ out, workspace, architecture, root, created }) {
  const cpu = CPUS[architecture];
  if (cpu === undefined) throw new Error(`no image is made for the architecture ${architecture}`);
  const app = mkdtempSync(join(tmpdir(), 'tessera-image-'));
  const home = join(out, 'opt/tessera');
  try {
    const folders = workspaceFolders(workspace);
    installPackages({ app, folders, cpu });
    const bundled = await bundle({ app, main: join(folders[0], 'dist/main.js'), out: join(home, 'lib/tessera') });
    const kept = packageFolders(app, bundled.kept);
    for (const folder of kept) copyPackage({ app, out: home, folder });
    const joined = bundled.folders.filter((folder) => folder.startsWith('node_modules'));
    for (const folder of joined) copyLicence({ app, out: join(home, 'licences'), folder });
    copyFileSync(join(app, 'package.json'), join(home, 'package.json'));
    copyFileSync('LICENSE', join(home, 'LICENSE'));
    if (folders.includes('proto')) copyDescriptors(home);
    copyScripts(home);
    // Nothing here is a program: Node reads it.
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
      chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
    }
    const system = copyPlatform({ root, out });
    writeSystemFiles(out);
    const contents = {
      app,
      folders: [...bundled.folders, ...kept],
      system,
      nodeVersion: process.versions.node,
      created,
    };
    writeFileSync(join(home, 'sbom.cdx.json'), bomOf(contents));
  } finally {
    rmSync(app, { recursive: true, force: true });
  }
}

/** What gRPC reflection reads. @param {string} home */
function copyDescriptors(home) {
  for (const file of ['package.json', 'gen/descriptors.binpb']) {
    const copy = join(home, 'node_modules/@tessera/proto', file);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join('proto', file), copy);
  }
}

/** What is run in the image beside the product: its health check, the making of first secrets. @param {string} home */
function copyScripts(home) {
  const folder = join(home, 'deploy/docker');
  mkdirSync(folder, { recursive: true });
  for (const name of globSync('*.mjs', { cwd: 'deploy/docker' })) {
    if (!BUILDING.includes(name.slice(0, -'.mjs'.length)))
      copyFileSync(join('deploy/docker', name), join(folder, name));
  }
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
const { TARGETARCH, PLATFORM_ROOT, CREATED } = process.env;
await assemble({
  out,
  workspace,
  architecture: TARGETARCH || (process.arch === 'x64' ? 'amd64' : process.arch),
  root: PLATFORM_ROOT || '/',
  created: new Date(CREATED || 0),
});
