import { writeFile } from 'node:fs/promises';
import { eventTypes } from '@tessera/events';
import { expect, test } from 'vitest';
import { writeConfig } from '../testing/config-folder.ts';
import { createFakeTerminal } from '../testing/fake-terminal.ts';
import { commands } from './command-table.ts';
import { runCommand } from './run-command.ts';

test('Help names every command, with exit code 0 when asked for and 2 when nothing was', async () => {
  const asked = createFakeTerminal();
  expect(await runCommand(['help'], asked)).toBe(0);
  for (const { name } of commands) expect(asked.stdout).toContain(`tessera ${name}`);
  const silent = createFakeTerminal();
  expect(await runCommand([], silent)).toBe(2);
  expect(silent.stderr).toContain('tessera serve');
  expect(silent.stdout).toBe('');
});

test('The help of one command is about that command alone, and shows each of its forms', async () => {
  const terminal = createFakeTerminal();
  expect(await runCommand(['keys', 'rotate', '--help'], terminal)).toBe(0);
  for (const form of ['list', 'rotate', 'revoke', 'rewrap']) expect(terminal.stdout).toContain(`tessera keys ${form}`);
  expect(terminal.stdout).not.toContain('tessera serve');
});

test('An unknown command or option is one sentence and exit code 2', async () => {
  for (const args of [
    ['sevre'],
    ['serve', '--confg', 'x'],
    ['check-config', 'a', 'b'],
    ['serve', '--config', 'x', '--target', 'tokens'],
  ]) {
    const terminal = createFakeTerminal();
    expect(await runCommand(args, terminal)).toBe(2);
    expect(terminal.stderr.trim().split('\n')).toHaveLength(1);
    expect(terminal.stderr).toContain('tessera help');
  }
});

test('A broken configuration ends serve with exit code 2 and all of its problems, without a stack', async () => {
  await using folder = await writeConfig({ issuer: 'nonsense', storage: { type: 'sqlite3' }, webb: {} });
  const terminal = createFakeTerminal();
  expect(await runCommand(['serve', '--config', folder.file], terminal)).toBe(2);
  expect(terminal.stderr).toMatch(/problems in the configuration/);
  for (const word of ['issuer', 'storage.config', 'webb']) expect(terminal.stderr).toContain(word);
  expect(terminal.stderr).not.toMatch(/^\s+at /m);
});

test('A configuration file that is not there is named', async () => {
  const terminal = createFakeTerminal();
  expect(await runCommand(['check-config', '/nonexistent/tessera.yaml'], terminal)).toBe(2);
  expect(terminal.stderr).toContain('/nonexistent/tessera.yaml: the configuration file does not exist');
});

test('check-config prints the effective configuration with its secrets masked, and warnings apart', async () => {
  await using folder = await writeConfig();
  const terminal = createFakeTerminal();
  expect(await runCommand(['check-config', folder.file], terminal)).toBe(0);
  expect(terminal.stdout).toContain('issuer: http://127.0.0.1:5556/dex');
  expect(terminal.stdout).toContain('secret: "*****"');
  expect(terminal.stdout).not.toContain('canary-client-secret');
  expect(terminal.stderr).toMatch(/^warning: .*mockCallback/);
});

test('check-config takes flags of the environment into account', async () => {
  await using folder = await writeConfig();
  const terminal = createFakeTerminal({ env: { TESSERA_ISSUER: 'https://id.example.org' } });
  expect(await runCommand(['check-config', '--config', folder.file], terminal)).toBe(0);
  expect(terminal.stdout).toContain('issuer: https://id.example.org');
});

test('config-reference prints a table with every block', async () => {
  const terminal = createFakeTerminal();
  expect(await runCommand(['config-reference'], terminal)).toBe(0);
  for (const key of ['issuer', 'storage', 'ephemeral', 'rpc.tls']) expect(terminal.stdout).toContain(`| \`${key}\` |`);
});

test('event-reference prints a table for every type of event', async () => {
  const terminal = createFakeTerminal();
  expect(await runCommand(['event-reference'], terminal)).toBe(0);
  for (const type of eventTypes) expect(terminal.stdout).toContain(`## \`${type}\`\n`);
  expect(terminal.stdout).toContain('"specversion": "1.0"');
});

test('version names the product', async () => {
  const terminal = createFakeTerminal();
  expect(await runCommand(['version'], terminal)).toBe(0);
  expect(terminal.stdout).toMatch(/^tessera \d+\.\d+\.\d+ \(node /);
});

test('A folder that cannot be written to is named in one message with exit code 2', async () => {
  await using folder = await writeConfig();
  await writeFile(`${folder.path}/plain-file`, '');
  const file = `${folder.path}/plain-file/tessera.db`;
  await using broken = await writeConfig({ storage: { type: 'sqlite3', config: { file } } });
  const terminal = createFakeTerminal();
  expect(await runCommand(['serve', '--config', broken.file], terminal)).toBe(2);
  expect(terminal.stderr).toContain(file);
  expect(terminal.stderr).toContain('storage.cannot_open');
  expect(terminal.stderr.trim().split('\n')).toHaveLength(1);
});
