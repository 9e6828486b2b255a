import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCertificateAuthority } from './certificates.ts';
import { type LdapServer, startLdap } from './ldap.ts';
import { ldifEntry, personDn, samplePeople } from './ldap-directory.ts';
import { type ProgramResult, tryProgram } from './run-program.ts';
import { createTempDirectory, type TempDirectory } from './temp-directory.ts';

let server: LdapServer;
let directory: TempDirectory;
let caFile: string;

beforeAll(async () => {
  const authority = await createCertificateAuthority('LDAP test');
  const { certPem, keyPem } = await authority.issue({ commonName: 'ldap', ipAddresses: ['127.0.0.1'] });
  directory = await createTempDirectory('ldap-test');
  caFile = `${directory.path}/ca.pem`;
  await writeFile(caFile, authority.caPem);
  server = await startLdap({ tls: { cert: certPem, key: keyPem, ca: authority.caPem } });
}, 30_000);

afterAll(async () => {
  await server.close();
  await directory.remove();
});

function ldap(command: string, args: string[], env: Record<string, string> = {}): Promise<ProgramResult> {
  return tryProgram({ command, args: ['-x', ...args], env });
}

async function search(filter: string): Promise<string> {
  const admin = ['-D', server.adminDn, '-w', server.adminPassword];
  const result = await ldap('ldapsearch', [
    '-LLL',
    '-o',
    'ldif-wrap=no',
    '-H',
    server.url,
    ...admin,
    '-b',
    server.suffix,
    filter,
  ]);
  expect(result.stderr).toBe('');
  return result.stdout;
}

const whoami = (url: string, cn: string, password: string, more: string[] = [], env = {}) =>
  ldap('ldapwhoami', ['-H', url, '-D', personDn(cn), '-w', password, ...more], env);

test('The sample people are found, the one with a Chinese name and the two with one address too', async () => {
  expect(await search('(mail=janedoe@example.com)')).toContain('dn: cn=jane,ou=People,dc=example,dc=org');
  expect((await search('(mail=twin@example.com)')).match(/^dn: /gm)).toHaveLength(2);
  const found = await search('(cn=王芳)');
  expect(found).toContain(`dn:: ${Buffer.from('cn=王芳,ou=People,dc=example,dc=org').toString('base64')}`);
  expect(found).toContain('uid: wangfang');
});

test('Groups name their members by DN', async () => {
  const groups = await search(`(member=${personDn(samplePeople.john.cn)})`);
  expect(groups.match(/^dn: .*/gm)).toEqual(['dn: cn=developers,ou=Groups,dc=example,dc=org']);
});

test('People sign in with their own password only', async () => {
  const { cn, password } = samplePeople.wangFang;
  expect((await whoami(server.url, cn, password)).stdout).toContain('dn:cn=');
  expect((await whoami(server.url, cn, 'wrong')).stderr).toContain('Invalid credentials');
});

test('LDAPS and StartTLS answer with the given certificate', async () => {
  const { cn, password } = samplePeople.jane;
  const env = { LDAPTLS_CACERT: caFile, LDAPTLS_REQCERT: 'demand' };
  expect((await whoami(server.tlsUrl ?? '', cn, password, [], env)).code).toBe(0);
  expect((await whoami(server.url, cn, password, ['-ZZ'], env)).code).toBe(0);
  const untrusted = await whoami(server.tlsUrl ?? '', cn, password, [], { LDAPTLS_REQCERT: 'demand' });
  expect(untrusted.code).not.toBe(0);
});

test('Changes are kept over a restart on the same port', async () => {
  const dn = personDn('new, person');
  await server.apply(
    ldifEntry(dn, [
      ['objectClass', 'inetOrgPerson'],
      ['cn', 'new, person'],
      ['sn', 'person'],
    ]),
  );
  await server.apply(`dn: ${dn}\nchangetype: modify\nreplace: sn\nsn: changed\n`);
  await server.stop();
  expect(await server.pids()).toEqual([]);
  await server.start();
  expect(await search('(cn=new, person)')).toContain('sn: changed');
  await server.apply(`dn: ${dn}\nchangetype: delete\n`);
  expect(await search('(cn=new, person)')).toBe('');
});

test('Entries that OpenLDAP refuses are an error with its words', async () => {
  const starting = startLdap({ ldifExtra: 'dn: cn=x,dc=example,dc=org\nobjectClass: unheardOf\n' });
  await expect(starting).rejects.toThrow(/slapadd failed[\s\S]*unheardOf/);
});

test('RFC 2849 §2: any value is written so that it is read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const line = ldifEntry('cn=x', [['sn', value]]).split('\n')[1] ?? '';
      const [, encoded, plain] = /^sn:(?:: ([\w+/=]*)| (.*))$/.exec(line) ?? [];
      expect(plain ?? Buffer.from(encoded ?? '', 'base64').toString()).toBe(value);
    }),
  );
});

test('RFC 4514 §2.4: special characters of a name are escaped in its DN', () => {
  expect(personDn(' a+b,"c" ')).toBe('cn=\\ a\\+b\\,\\"c\\"\\ ,ou=People,dc=example,dc=org');
  expect(personDn('#1')).toBe('cn=\\#1,ou=People,dc=example,dc=org');
});
