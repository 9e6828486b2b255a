import { readFile } from 'node:fs/promises';
import { findProgram } from './missing-program.ts';

/** Where MariaDB's programs are, and as whom they run. */
export interface MariadbPrograms {
  readonly mariadbd: string;
  readonly installDb: string;
  /** Set when this process is root, as which MariaDB refuses to run. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Users as whom MariaDB may run, the first that exists. */
const USERS = ['mysql', 'nobody'];

/** @throws MissingProgramError when mariadb-server is not installed. */
export async function findMariadbPrograms(): Promise<MariadbPrograms> {
  const programs = {
    mariadbd: await findProgram('mariadbd'),
    installDb: await findProgram('mariadb-install-db'),
  };
  if (process.getuid?.() !== 0) return programs;
  const rows = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const row = USERS.map((name) => rows.find((fields) => fields[0] === name)).find((found) => found !== undefined);
  if (row === undefined) throw new Error(`MariaDB does not run as root and there is no user ${USERS.join(' or ')}`);
  return { ...programs, user: { uid: Number(row[2]), gid: Number(row[3]) } };
}
