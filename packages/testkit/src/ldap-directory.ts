import { Buffer } from 'node:buffer';

/** A person of the test directory, an `inetOrgPerson` named by its `cn` below `ou=People`. */
export interface LdapPerson {
  readonly uid: string;
  readonly cn: string;
  readonly sn: string;
  /** No `mail` attribute when left out. */
  readonly mail?: string;
  readonly displayName?: string;
  /** Stored as it is; no `userPassword` when left out. */
  readonly password?: string;
}

/** A group of the test directory, a `groupOfNames` named by its `cn` below `ou=Groups`. */
export interface LdapGroup {
  readonly cn: string;
  /** DNs of its members, at least one: see {@link personDn}. */
  readonly members: readonly string[];
}

/** The suffix of the test directory. */
export const LDAP_SUFFIX = 'dc=example,dc=org';
/** The DN that may read and write everything; its password is {@link LDAP_ADMIN_PASSWORD}. */
export const LDAP_ADMIN_DN = `cn=admin,${LDAP_SUFFIX}`;
/** The password of {@link LDAP_ADMIN_DN}. */
export const LDAP_ADMIN_PASSWORD = 'admin';
/** The DN of a service that may read everything, once somebody has added it (`ldifExtra`). */
export const LDAP_SERVICE_DN = `cn=service,${LDAP_SUFFIX}`;

/** The DN of the person with this `cn`: `cn=jane,ou=People,dc=example,dc=org`. */
export function personDn(cn: string): string {
  return `cn=${escapeDnValue(cn)},ou=People,${LDAP_SUFFIX}`;
}

/** The DN of the group with this `cn`: `cn=admins,ou=Groups,dc=example,dc=org`. */
export function groupDn(cn: string): string {
  return `cn=${escapeDnValue(cn)},ou=Groups,${LDAP_SUFFIX}`;
}

/** The people of the sample directory; the last two share one mail address. */
export const samplePeople = {
  jane: {
    uid: 'jane',
    cn: 'jane',
    sn: 'doe',
    mail: 'janedoe@example.com',
    displayName: 'Jane Doe',
    password: 'jane-password',
  },
  john: {
    uid: 'john',
    cn: 'john',
    sn: 'doe',
    mail: 'johndoe@example.com',
    displayName: 'John Doe',
    password: 'john-password',
  },
  wangFang: {
    uid: 'wangfang',
    cn: '王芳',
    sn: '王',
    mail: 'wangfang@example.com',
    displayName: '王芳',
    password: '芳-password',
  },
  firstTwin: { uid: 'twin1', cn: 'first twin', sn: 'twin', mail: 'twin@example.com', password: 'twin-password-1' },
  secondTwin: { uid: 'twin2', cn: 'second twin', sn: 'twin', mail: 'twin@example.com', password: 'twin-password-2' },
} as const satisfies Record<string, LdapPerson>;

/** The groups of the sample directory: jane is in both, john and 王芳 are developers. */
export const sampleGroups = {
  admins: { cn: 'admins', members: [personDn(samplePeople.jane.cn)] },
  developers: {
    cn: 'developers',
    members: [samplePeople.jane, samplePeople.john, samplePeople.wangFang].map((person) => personDn(person.cn)),
  },
} as const satisfies Record<string, LdapGroup>;

/** Writes the test directory's entries, the containers included, as LDIF (RFC 2849). */
export function directoryLdif(people: readonly LdapPerson[], groups: readonly LdapGroup[]): string {
  const containers = ['People', 'Groups'].map((ou) =>
    ldifEntry(`ou=${ou},${LDAP_SUFFIX}`, [
      ['objectClass', 'organizationalUnit'],
      ['ou', ou],
    ]),
  );
  const root = ldifEntry(LDAP_SUFFIX, [
    ['objectClass', 'dcObject'],
    ['objectClass', 'organization'],
    ['o', 'Example'],
    ['dc', 'example'],
  ]);
  return [root, ...containers, ...people.map(personEntry), ...groups.map(groupEntry)].join('\n');
}

/** Writes one entry as LDIF (RFC 2849); attributes without a value are left out. */
export function ldifEntry(dn: string, attributes: readonly (readonly [string, string | undefined])[]): string {
  const lines = attributes.flatMap(([name, value]) => (value === undefined ? [] : [ldifLine(name, value)]));
  return `${[ldifLine('dn', dn), ...lines].join('\n')}\n`;
}

function personEntry(person: LdapPerson): string {
  return ldifEntry(personDn(person.cn), [
    ['objectClass', 'inetOrgPerson'],
    ['cn', person.cn],
    ['sn', person.sn],
    ['uid', person.uid],
    ['mail', person.mail],
    ['displayName', person.displayName],
    ['userPassword', person.password],
  ]);
}

function groupEntry(group: LdapGroup): string {
  return ldifEntry(groupDn(group.cn), [
    ['objectClass', 'groupOfNames'],
    ['cn', group.cn],
    ...group.members.map((member) => ['member', member] as const),
  ]);
}

// RFC 2849 §2: what is not plainly a SAFE-STRING of printable characters is written in base64.
function ldifLine(name: string, value: string): string {
  const isSafe = /^(?![ :<])[ -~]*(?<! )$/.test(value);
  return isSafe ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`;
}

// RFC 4514 §2.4
function escapeDnValue(value: string): string {
  return value
    .replace(/[\\"+,;<>=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
    .replaceAll('\0', '\\00');
}
