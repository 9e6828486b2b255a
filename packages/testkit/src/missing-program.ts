import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { childEnvironment } from './child-environment.ts';

/** The Debian package of each program that the kit starts; `scripts/system-packages.mjs` installs the same. */
export const PROGRAM_PACKAGES = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-server',
  slapd: 'slapd',
  slapadd: 'slapd',
  ldapmodify: 'ldap-utils',
  apache2: 'apache2',
  nginx: 'nginx-light',
  mariadbd: 'mariadb-server',
  'mariadb-install-db': 'mariadb-server',
  mariadb: 'mariadb-server',
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  java: 'openjdk-17-jre-headless',
  mvn: 'maven',
  chromium: 'chromium',
  python3: 'python3',
  'softhsm2-util': 'softhsm2',
} as const;

/** A program that the kit starts. */
export type Program = keyof typeof PROGRAM_PACKAGES;

/** Other names under which a program may be installed. */
const OTHER_NAMES: Partial<Record<Program, readonly string[]>> = {
  chromium: ['chromium-browser', 'google-chrome', 'google-chrome-stable'],
};

/** Where servers are, which the PATH of an ordinary user often leaves out. */
const SERVER_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/lib/openldap'];

/** A program that the tests need is not installed. The message says how to get it. */
export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError';
  /** The program that was looked for. */
  readonly program: string;

  constructor(program: Program) {
    super(`${program} is not installed; on Debian or Ubuntu: apt-get install ${PROGRAM_PACKAGES[program]}`);
    this.program = program;
  }
}

/**
 * The path of a program, looked for on PATH and in the directories of servers.
 *
 * @param path directories to search instead of PATH.
 * @throws MissingProgramError when it is nowhere.
 */
export async function findProgram(program: Program, path?: string): Promise<string> {
  const searched = path?.split(delimiter) ?? [
    ...(childEnvironment()['PATH'] ?? '').split(delimiter),
    ...SERVER_DIRECTORIES,
  ];
  for (const name of [program, ...(OTHER_NAMES[program] ?? [])]) {
    for (const directory of searched) {
      const candidate = join(directory, name);
      if (directory !== '' && (await isExecutable(candidate))) return candidate;
    }
  }
  throw new MissingProgramError(program);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
