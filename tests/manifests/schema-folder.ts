import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '@tessera/testkit';

/** A package that carries the schemas of all versions of Kubernetes, made from the API's own description. */
const PACKAGE = 'kubernetes-validate';
const VERSION = '1.37.0';
const SHA256 = '85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9';
const TIMEOUT_MS = 300_000;

/** Takes the definitions out of the archive, one file for each version, in which fields that are not known are errors. */
const UNPACK = `
import glob, re, sys, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]) as archive:
    for name in archive.namelist():
        found = re.fullmatch(r'.*/v(1\\.\\d+)\\.0-local-strict/_definitions\\.json', name)
        if found:
            with open(sys.argv[1] + '/' + found.group(1) + '.json', 'wb') as file:
                file.write(archive.read(name))
`;

/**
 * The folder with the definitions of the Kubernetes API as JSON Schema, a file `1.32.json` for each version. The first caller
 * of this machine downloads them (22 MB, pip with its own settings) into `tessera/` in the folder for caches.
 *
 * @throws MissingProgramError without python3; Error with pip's words when it cannot download, or when what came is not what
 * is expected.
 */
export async function schemaFolder(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tessera');
  const target = join(cache, `kubernetes-schemas-${VERSION}`);
  if (!(await exists(target))) await download(cache, target);
  return target;
}

async function download(cache: string, target: string): Promise<void> {
  const python = await findProgram('python3', '/usr/bin');
  await mkdir(cache, { recursive: true });
  const part = await mkdtemp(`${target}-`);
  try {
    const run = promisify(execFile);
    const requirement = `${PACKAGE}==${VERSION} --hash=sha256:${SHA256}`;
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    const list = join(part, 'requirements.txt');
    await writeFile(list, requirement);
    await run(python, ['-m', 'pip', 'download', ...options, '--dest', part, '-r', list], { timeout: TIMEOUT_MS });
    await run(python, ['-I', '-c', UNPACK, part]);
    for (const rest of ['requirements.txt', `${PACKAGE.replace('-', '_')}-${VERSION}-py3-none-any.whl`]) {
      await rm(join(part, rest));
    }
    await rename(part, target).catch(async (error: unknown) => {
      // Somebody else was faster.
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
