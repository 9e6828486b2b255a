import { expect, test } from 'vitest';
import { runCommand } from '../command-line/run-command.ts';
import { writeConfig } from '../testing/config-folder.ts';
import { createFakeTerminal, type FakeTerminal } from '../testing/fake-terminal.ts';
import { hashPassword } from './hash-password.ts';

async function run(args: readonly string[], ...secrets: string[]): Promise<{ code: number; terminal: FakeTerminal }> {
  const terminal = createFakeTerminal({ secrets });
  return { code: await runCommand(args, terminal), terminal };
}

test('RFC 9106 §4: passwords are hashed with Argon2id, each with a salt of its own', async () => {
  const [one, two] = await Promise.all([hashPassword('secret'), hashPassword('secret')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
});

test('People are added, shown, changed under the same identifier, and removed', async () => {
  await using base = await writeConfig();
  const storage = { type: 'sqlite3', config: { file: `${base.path}/tessera.db` } };
  await using folder = await writeConfig({ storage, enablePasswordDB: true });
  const on = ['--config', folder.file, '--email', 'Jane@example.com'];
  const added = await run(
    ['users', 'add', ...on, '--name', 'Jane Doe', '--username', 'jane', '--group', 'a', '--group', 'b'],
    'canary-password',
  );
  expect([added.code, added.terminal.stderr]).toEqual([0, '']);
  const shown = (await run(['users', 'show', ...on])).terminal.stdout;
  expect(shown).toMatch(/Jane Doe[\s\S]*groups {4}a, b/);
  expect(shown).not.toContain('canary-password');

  const again = await run(['users', 'add', ...on], 'other');
  expect([again.code, again.terminal.stderr]).toEqual([2, expect.stringContaining('--replace')]);
  expect((await run(['users', 'add', ...on, '--name', 'Jane Roe', '--replace'], 'other')).code).toBe(0);
  const changed = (await run(['users', 'show', ...on])).terminal.stdout;
  expect(changed).toContain('Jane Roe');
  const userId = /user id +(\S+)/;
  expect(userId.exec(changed)?.[1]).toBe(userId.exec(shown)?.[1]);

  expect((await run(['users', 'remove', ...on])).code).toBe(0);
  expect((await run(['users', 'show', ...on])).terminal.stderr).toContain('There is no');
  expect((await run(['users', 'remove', ...on])).code).toBe(2);
});

test('A person without a password, without an address, or without a database is refused with exit code 2', async () => {
  await using base = await writeConfig();
  const storage = { type: 'sqlite3', config: { file: `${base.path}/tessera.db` } };
  await using folder = await writeConfig({ storage, enablePasswordDB: true });
  const config = ['--config', folder.file];
  expect((await run(['users', 'add', ...config, '--email', 'jane@example.com'], '')).terminal.stderr).toContain(
    'password is empty',
  );
  expect((await run(['users', 'add', ...config, '--email', 'jane'], 'x')).terminal.stderr).toContain('--email');
  expect((await run(['users', 'add', '--config', base.file, '--email', 'jane@example.com'], 'x')).code).toBe(2);
  expect((await run(['users', 'befriend', ...config])).code).toBe(2);
});

test('migrate brings a new database to this version', async () => {
  await using base = await writeConfig();
  const storage = { type: 'sqlite3', config: { file: `${base.path}/tessera.db` } };
  await using folder = await writeConfig({ storage });
  const { code, terminal } = await run(['migrate', '--config', folder.file]);
  expect([code, terminal.stderr]).toEqual([0, '']);
  expect(terminal.stdout).toContain('sqlite3');
});
