import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTempDirectory, pauseProcess, processTree, startProcess, stillRunning, waitFor } from '@tessera/testkit';
import { describe, expect, it } from 'vitest';
import { createModuleConnection } from './module-connection.ts';
import { createTokenBench } from './testing/token-bench.ts';

const OPENER = fileURLToPath(new URL('./testing/open-module.ts', import.meta.url));
const INPUT = 'e30.e30';
const REFUSED = { kind: 'invalid_argument', code: 'keys.signer_refused' };
const UNAVAILABLE = { kind: 'unavailable', code: 'keys.signer_unavailable' };

describe('a PKCS #11 token', () => {
  it('N96: a wrong PIN fails the start, is in no message, and is not tried again', async () => {
    await using bench = await createTokenBench();
    const pin = 'wrong-canary-pin';
    const config = { ...bench.options.config, pin };
    await expect(bench.open({ config })).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('wrong'),
    });
    const connection = createModuleConnection({ ...bench.options, config });
    const ask = () => connection.ask('check', { algorithms: [], rsaKeyBits: 2048 }).catch((error: unknown) => error);
    const first = await ask();
    expect(await bench.processes()).toEqual([]);
    expect(first).toMatchObject(REFUSED);
    // The very same failure: nobody was asked again.
    expect(await ask()).toBe(first);
    expect(
      await connection.sign([{ alg: 'ES256', id: '00', input: Buffer.from(INPUT) }]).catch((error: unknown) => error),
    ).toBe(first);
    expect(`${String(first)}${bench.log()}`).not.toContain('canary');
    expect(bench.log()).toContain('the PIN of the token tessera is wrong');
    await connection.close();
  });

  it('N96: the right PIN is in no log line', async () => {
    await using bench = await createTokenBench();
    const custodian = await bench.open();
    await custodian.create('ES256', []);
    expect(bench.log()).toContain('a key was made in the token');
    expect(bench.log()).not.toContain(bench.token.pin);
  });

  it('a token that is not there yet does not fail the start, and is found once it is', async () => {
    await using bench = await createTokenBench();
    const custodian = await bench.open({ config: { ...bench.options.config, tokenLabel: 'late' } });
    const message = expect.stringMatching(/no token with the label late is there; .* tessera/);
    await expect(custodian.create('ES256', [])).rejects.toMatchObject({ ...UNAVAILABLE, message });
    await bench.token.addToken('late');
    expect((await custodian.create('ES256', [])).privateHalf.signer).toBe('pkcs11');
    expect(bench.log()).toContain('can be used again');
  });

  it('two tokens with the configured label are refused, as either could be meant', async () => {
    await using bench = await createTokenBench();
    await bench.token.addToken('tessera');
    const message = expect.stringContaining('several tokens have the label tessera');
    await expect(bench.open()).rejects.toMatchObject({ ...REFUSED, message });
  });

  it('a library that is missing, or is none, is refused by its path', async () => {
    await using bench = await createTokenBench();
    await using directory = await createTempDirectory('no-library');
    const text = join(directory.path, 'text.so');
    await writeFile(text, 'no library');
    for (const library of ['/nonexistent/vendor.so', text]) {
      const message = expect.stringContaining(`the PKCS #11 library ${library} cannot be loaded`);
      const config = { ...bench.options.config, library };
      await expect(bench.open({ config })).rejects.toMatchObject({ ...REFUSED, message });
    }
  });

  it('a token that lacks what a configured algorithm needs fails the start', async () => {
    await using bench = await createTokenBench({ withoutMechanisms: ['CKM_EDDSA', 'CKM_SHA512_RSA_PKCS_PSS'] });
    const message =
      'the token tessera lacks what is configured: PS512 needs CKM_SHA512_RSA_PKCS_PSS for keys of 2048 bits; EdDSA needs CKM_EDDSA';
    const opening = bench.open({ algorithms: ['RS256', 'PS512', 'ES256', 'EdDSA'] });
    await expect(opening).rejects.toMatchObject({ ...REFUSED, message });
    await bench.open({ algorithms: ['RS256', 'PS256', 'ES256'] });
  });

  it('a key that turns out not to sign is not left behind in the token', async () => {
    await using bench = await createTokenBench({ withoutMechanisms: ['CKM_ECDSA'] });
    const custodian = await bench.open();
    await expect(custodian.create('ES256', [])).rejects.toMatchObject(REFUSED);
    expect(await bench.token.countObjects()).toBe(0);
    await custodian.create('EdDSA', []);
    expect(await bench.token.countObjects()).toBe(2);
  });

  it('a key that another replica destroyed signs no more, and others do', async () => {
    await using bench = await createTokenBench();
    const [custodian, replica] = [await bench.open(), await bench.open()];
    const [gone, kept] = [await custodian.create('ES256', []), await custodian.create('ES256', [])];
    const signGone = await custodian.open('ES256', gone.kid, gone.privateHalf);
    const signKept = await custodian.open('ES256', kept.kid, kept.privateHalf);
    await replica.destroy(gone.privateHalf);
    await expect(signGone(INPUT)).rejects.toMatchObject(UNAVAILABLE);
    await expect(signKept(INPUT)).resolves.toMatch(/^[\w-]{86}$/);
    expect(await bench.token.countObjects()).toBe(2);
  });

  it('what is stored of a key is not taken for an id when it is none', async () => {
    await using bench = await createTokenBench();
    const custodian = await bench.open();
    const { kid } = await custodian.create('ES256', []);
    for (const id of ['', 'zz', '00', `${'a'.repeat(31)}`, 'AB'.repeat(16)]) {
      await expect(custodian.open('ES256', kid, { signer: 'pkcs11', id })).rejects.toMatchObject(REFUSED);
      await custodian.destroy({ signer: 'pkcs11', id });
    }
    expect(await bench.token.countObjects()).toBe(2);
  });
});

describe('the process of a PKCS #11 library', () => {
  it('that crashes is started anew, and nobody notices', async () => {
    await using bench = await createTokenBench();
    const custodian = await bench.open();
    const pids = await bench.processes();
    const { kid, privateHalf } = await custodian.create('ES256', []);
    const sign = await custodian.open('ES256', kid, privateHalf);
    expect(pids.length).toBe(1);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    const signatures = await Promise.all([sign(INPUT), sign(INPUT), sign(INPUT)]);
    for (const signature of signatures) expect(signature).toMatch(/^[\w-]{86}$/);
  });

  it('that hangs is ended after a while and started anew', async () => {
    await using bench = await createTokenBench();
    const custodian = await bench.open({ answerWithinMs: 4_000 });
    const pids = await bench.processes();
    const { kid, privateHalf } = await custodian.create('ES256', []);
    const sign = await custodian.open('ES256', kid, privateHalf);
    for (const pid of pids) await pauseProcess(pid);
    await expect(sign(INPUT)).resolves.toMatch(/^[\w-]{86}$/);
    await waitFor(async () => (await stillRunning(pids)).length === 0, { what: 'the process that hung to end' });
  });

  it('that crashes again and again is not started without end', async () => {
    await using bench = await createTokenBench();
    const custodian = await bench.open({ restartAfterMs: 60_000 });
    for (const pid of await bench.processes()) process.kill(pid, 'SIGKILL');
    const message = expect.stringContaining('ended shortly after its start');
    await waitFor(async () => (await bench.processes()).length === 0, { what: 'the process to end' });
    const destroying = custodian.destroy({ signer: 'pkcs11', id: '00'.repeat(16) });
    await expect(destroying).rejects.toMatchObject({ ...UNAVAILABLE, message });
    expect(await bench.processes()).toEqual([]);
  });

  it('ends with the process that started it, however that ends', async () => {
    await using bench = await createTokenBench();
    const { library, tokenLabel, pin, environment } = bench.token;
    const parent = await startProcess({
      name: 'a process with a library',
      command: process.execPath,
      args: ['--conditions=source', OPENER, library, tokenLabel, pin],
      env: environment,
      ready: /the library is open/,
    });
    const pids = await processTree(parent.pid);
    expect(pids).toHaveLength(2);
    parent.kill('SIGKILL');
    await waitFor(async () => (await stillRunning(pids)).length === 0, { what: 'both processes to end' });
  });

  it('ends when the custodian is closed', async () => {
    await using bench = await createTokenBench();
    const custodian = await bench.open();
    const pids = await bench.processes();
    expect(pids.length).toBe(1);
    await custodian.close();
    expect(await stillRunning(pids)).toEqual([]);
    await expect(custodian.create('ES256', [])).rejects.toMatchObject(UNAVAILABLE);
  });
});
