// Installs the programs that the tests start and that npm cannot bring: servers, a browser, fonts. Plain JavaScript
// without dependencies: it runs before `npm install`, on whatever Node (20 or later) the machine has.
//
//   node scripts/system-packages.mjs [package…]     install what is missing; silent when nothing is
//   node scripts/system-packages.mjs --rehearsals   the same with those that only the rehearsals of `npm run test:long` need
//   node scripts/system-packages.mjs --list         print each package and the file by which it is recognised

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SERVER_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * The Debian packages, and how each is recognised: by programs (any of the names in each list) or by a file.
 *
 * @type {Readonly<Record<string, {programs?: readonly (readonly string[])[], files?: readonly string[], isForRehearsals?: true}>>}
 */
export const SYSTEM_PACKAGES = {
  'redis-server': { programs: [['redis-server'], ['redis-cli']] },
  slapd: { programs: [['slapd'], ['slapadd']] },
  'ldap-utils': { programs: [['ldapmodify'], ['ldapadd']] },
  'nginx-light': { programs: [['nginx']] },
  apache2: { programs: [['apache2']] },
  'libapache2-mod-auth-openidc': { files: ['/usr/lib/apache2/modules/mod_auth_openidc.so'] },
  python3: { programs: [['python3']], files: ['/usr/bin/python3'] },
  'python3-pip': { files: ['/usr/lib/python3/dist-packages/pip/__init__.py'] },
  'python3-authlib': { files: ['/usr/lib/python3/dist-packages/authlib/__init__.py'] },
  'python3-requests': { files: ['/usr/lib/python3/dist-packages/requests/__init__.py'] },
  'postgresql-15': { files: ['/usr/lib/postgresql/15/bin/postgres', '/usr/lib/postgresql/15/bin/initdb'] },
  'mariadb-server': { programs: [['mariadbd'], ['mariadb-install-db'], ['mariadb']] },
  'etcd-server': { programs: [['etcd']] },
  'etcd-client': { programs: [['etcdctl']] },
  'openjdk-17-jre-headless': { programs: [['java']] },
  maven: { programs: [['mvn']] },
  // Its library is a dependency, in a directory of the machine's kind.
  softhsm2: { programs: [['softhsm2-util']] },
  chromium: { programs: [['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']] },
  'fonts-noto-cjk': { files: ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'] },
  // From here on: what runs containers.
  podman: { programs: [['podman']], isForRehearsals: true },
  conmon: { programs: [['conmon']], isForRehearsals: true },
  catatonit: { programs: [['catatonit']], isForRehearsals: true },
  runc: { programs: [['runc']], isForRehearsals: true },
  netavark: { files: ['/usr/lib/podman/netavark'], isForRehearsals: true },
  'aardvark-dns': { files: ['/usr/lib/podman/aardvark-dns'], isForRehearsals: true },
  debootstrap: { programs: [['debootstrap']], isForRehearsals: true },
  iptables: { programs: [['iptables']], isForRehearsals: true },
  'dnsmasq-base': { programs: [['dnsmasq']], isForRehearsals: true },
  nftables: { programs: [['nft']], isForRehearsals: true },
  iproute2: { programs: [['ip']], isForRehearsals: true },
};

/** Those of every run of the tests. */
const USUAL = Object.keys(SYSTEM_PACKAGES).filter((name) => !SYSTEM_PACKAGES[name].isForRehearsals);

/**
 * Makes sure that the packages are installed; those of every run of the tests when left out. Does and prints nothing
 * when they are. Else installs them with apt-get, as root or through `sudo -n`.
 *
 * @param {readonly string[]} [names]
 * @returns {void}
 * @throws {Error} with one sentence that lists what to install, when that cannot be done here.
 */
export function ensureSystemPackages(names = USUAL) {
  for (const name of names) {
    if (!(name in SYSTEM_PACKAGES)) throw new Error(`unknown system package ${name}`);
  }
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const prefix = commandPrefix();
  if (prefix) {
    console.error(`installing ${missing.join(' ')}`);
    install(prefix, missing);
  }
  const remaining = missing.filter((name) => !isInstalled(name));
  if (remaining.length > 0) {
    throw new Error(`The tests need programs that are not installed here: apt-get install ${remaining.join(' ')}`);
  }
}

/** @param {string} name */
function isInstalled(name) {
  const { programs = [], files = [] } = SYSTEM_PACKAGES[name];
  return programs.every((alternatives) => alternatives.some(isOnPath)) && files.every((file) => existsSync(file));
}

/** @param {string} program */
function isOnPath(program) {
  const directories = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...SERVER_DIRECTORIES];
  return directories.some((directory) => isExecutable(join(directory, program)));
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What stands before `apt-get`; undefined where packages cannot be installed. */
function commandPrefix() {
  if (process.platform !== 'linux' || !isOnPath('apt-get')) return undefined;
  if (process.getuid?.() === 0) return [];
  const isSudoFree = isOnPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return isSudoFree ? ['sudo', '-n'] : undefined;
}

/**
 * The result is judged by what is there afterwards: in a container a package's service may fail to start although
 * the package is installed, and old package lists may do when new ones cannot be had.
 *
 * @param {readonly string[]} prefix
 * @param {readonly string[]} packages
 */
function install(prefix, packages) {
  // No server is started as a service of the machine: RUNLEVEL=1 is for maintainer scripts with init scripts, which then
  // leave services alone as in single-user mode; SYSTEMD_OFFLINE=1 makes systemctl leave them alone.
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'SYSTEMD_OFFLINE=1'];
  const aptGet = [...environment, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120'];
  run([...prefix, ...aptGet, 'update']);
  run([...prefix, ...aptGet, 'install', '-y', '--no-install-recommends', ...packages]);
}

/** @param {readonly string[]} command */
function run([program, ...args]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) console.error(`${args.slice(args.indexOf('apt-get')).join(' ')} failed:\n${stdout}${stderr}`);
}

function main() {
  const names = process.argv.slice(2);
  if (names.includes('--list')) {
    for (const [name, { programs = [], files = [] }] of Object.entries(SYSTEM_PACKAGES)) {
      console.log([name, ...programs.map((alternatives) => alternatives.join('|')), ...files].join(' '));
    }
    return;
  }
  try {
    ensureSystemPackages(
      names.includes('--rehearsals') ? Object.keys(SYSTEM_PACKAGES) : names.length > 0 ? names : undefined,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
