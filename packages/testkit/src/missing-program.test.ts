import { execFile } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { findProgram, MissingProgramError, PROGRAM_PACKAGES } from './missing-program.ts';
import { createTempDirectory } from './temp-directory.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/system-packages.mjs', import.meta.url));

test('A program that is not installed is an error that says how to get it', async () => {
  const finding = findProgram('ldapmodify', '/nonexistent:/tmp');
  await expect(finding).rejects.toThrow('ldapmodify is not installed; on Debian or Ubuntu: apt-get install ldap-utils');
  await expect(finding).rejects.toBeInstanceOf(MissingProgramError);
});

test('Servers are found outside of PATH', async () => {
  expect(await findProgram('slapd')).toMatch(/\/slapd$/);
});

test('The script that installs system packages brings every program that the kit starts', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '--list']);
  const packages = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.split(' ')[0], line.split(/[ |]/)]),
  );
  for (const [program, name] of Object.entries(PROGRAM_PACKAGES)) expect(packages.get(name)).toContain(program);
});

test('The script is silent when nothing is missing', async () => {
  const result = await promisify(execFile)(process.execPath, [SCRIPT]);
  expect(result).toEqual({ stdout: '', stderr: '' });
});

test('The script says in one sentence what to install where it cannot install it, and ends with code 2', async () => {
  const environment = { PATH: '/nonexistent' };
  const running = promisify(execFile)(process.execPath, [SCRIPT, 'chromium'], { env: environment });
  await expect(running).rejects.toMatchObject({
    code: 2,
    stderr: 'The tests need programs that are not installed here: apt-get install chromium\n',
  });
});

test('The script installs what is missing in one go, and trusts what is there afterwards and not exit codes', async () => {
  await using directory = await createTempDirectory('system-packages');
  const path = directory.path;
  await symlink('/usr/bin/env', `${path}/env`);
  await symlink('/bin/true', `${path}/true`);
  await writeFile(`${path}/sudo`, '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
  // A stand-in that installs a browser and then fails, as a package does whose service cannot start.
  const aptGet = `#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >> ${path}/calls
case "$*" in *install*) /bin/cp /bin/true ${path}/chromium ;; esac
exit 100
`;
  await writeFile(`${path}/apt-get`, aptGet, { mode: 0o755 });
  const run = () => promisify(execFile)(process.execPath, [SCRIPT, 'chromium'], { env: { PATH: path } });
  expect((await run()).stderr).toMatch(/^installing chromium\n/);
  const calls = (await readFile(`${path}/calls`, 'utf8')).trim().split('\n');
  expect(calls).toEqual([
    expect.stringMatching(/^noninteractive .* update$/),
    expect.stringMatching(/^noninteractive .* install -y --no-install-recommends chromium$/),
  ]);
  expect(await run()).toEqual({ stdout: '', stderr: '' });
});
