import type { LdapConnectorConfig } from '@tessera/config';
import type { Entry } from 'ldapts';
import { expect, test } from 'vitest';
import type { LdapConnection, LdapSearch } from './connection.ts';
import { attributeValues } from './entry.ts';
import { findGroups } from './groups.ts';
import { findPerson, toIdentity } from './person.ts';

const config: LdapConnectorConfig = {
  host: 'ldap.example:636',
  insecureNoSSL: false,
  insecureSkipVerify: false,
  startTLS: false,
  userSearch: { baseDN: 'ou=People', username: ['mail', 'uid'], scope: 'one', idAttr: 'uid', emailAttr: 'mail' },
};
const withSearch = (more: Partial<LdapConnectorConfig['userSearch']>): LdapConnectorConfig => ({
  ...config,
  userSearch: { ...config.userSearch, ...more },
});
const jane: Entry = { dn: 'cn=jane,ou=People', uid: 'j1', mail: 'jane@example.com', cn: ['Jane', 'J'] };

function createConnection(answer: (search: LdapSearch) => readonly Entry[]) {
  const searches: LdapSearch[] = [];
  const connection: LdapConnection = {
    isOpen: () => true,
    async search(search) {
      searches.push(search);
      return answer(search);
    },
    async close() {},
  };
  return { connection, searches };
}

test('The search asks for what the configuration names, below the base and in its scope', async () => {
  const { connection, searches } = createConnection(() => [jane]);
  const groupSearch = { baseDN: 'ou=Groups', scope: 'sub', nameAttr: 'cn', userMatchers: [] } as const;
  const userMatchers = [
    { userAttr: 'DN', groupAttr: 'member' },
    { userAttr: 'uid', groupAttr: 'memberUid' },
  ];
  await findPerson(connection, { ...config, groupSearch: { ...groupSearch, userMatchers } }, 'jane');
  expect(searches[0]).toMatchObject({
    baseDn: 'ou=People',
    scope: 'one',
    filter: '(|(mail=jane)(uid=jane))',
    attributes: ['uid', 'mail'],
  });
});

test('Nobody is undefined; several are ambiguous, with their number and the base in the message', async () => {
  expect(await findPerson(createConnection(() => []).connection, config, 'x')).toBeUndefined();
  const two = createConnection(() => [jane, jane]).connection;
  await expect(findPerson(two, config, 'canary')).rejects.toMatchObject({ code: 'federation.user_ambiguous' });
  await expect(findPerson(two, config, 'canary')).rejects.toThrow('2 entries below ou=People');
  await expect(findPerson(two, config, 'canary')).rejects.not.toThrow('canary');
});

test('Attributes become the identity; the email address counts as verified', () => {
  expect(toIdentity(jane, withSearch({ nameAttr: 'CN', preferredUsernameAttr: 'uid' }))).toEqual({
    userId: 'j1',
    username: 'Jane',
    preferredUsername: 'j1',
    email: 'jane@example.com',
    emailVerified: true,
    groups: [],
    claims: {},
  });
  expect(toIdentity(jane, withSearch({ idAttr: 'DN' })).userId).toBe('cn=jane,ou=People');
  expect(toIdentity(jane, withSearch({ nameAttr: 'cn', emailSuffix: 'corp.example' })).email).toBe('Jane@corp.example');
  expect(toIdentity(jane, withSearch({ emailSuffix: 'corp.example' })).email).toBe('j1@corp.example');
});

test('All missing attributes are named at once, and bytes that are no text count as missing', () => {
  const bare: Entry = { dn: 'cn=bare', uid: [], objectGUID: 'a\ufffdb' };
  expect(() => toIdentity(bare, withSearch({ nameAttr: 'cn' }))).toThrow('uid, cn, mail');
  expect(() => toIdentity({ ...jane, ...bare }, withSearch({ idAttr: 'objectGUID' }))).toThrow('objectGUID');
  expect(attributeValues({ dn: 'x', photo: Buffer.from([255]) }, 'photo')).toEqual([]);
});

const recursive = {
  baseDN: 'ou=Groups',
  scope: 'sub',
  nameAttr: 'cn',
  filter: '(objectClass=groupOfNames)',
  userMatchers: [{ userAttr: 'DN', groupAttr: 'member', recursionGroupAttr: 'member' }],
} as const;

/** Groups whose only member is the one before; the first has jane. */
function chain(length: number): (search: LdapSearch) => readonly Entry[] {
  return ({ filter }) => {
    const parent = filter.includes('cn=jane') ? 0 : Number(/member=cn=g(\d+)/.exec(filter)?.[1]) + 1;
    return parent < length ? [{ dn: `cn=g${parent}`, cn: `g${parent}` }] : [];
  };
}

test('Groups within groups are followed upwards, each once, and a circle ends where it began', async () => {
  const circle: Readonly<Record<string, readonly Entry[]>> = {
    'cn=jane,ou=People': [
      { dn: 'cn=a', cn: 'a' },
      { dn: 'cn=b', cn: 'b' },
    ],
    'cn=a': [{ dn: 'cn=c', cn: 'c' }],
    'cn=c': [{ dn: 'cn=a', cn: 'a' }],
  };
  const { connection, searches } = createConnection(({ filter }) =>
    Object.entries(circle).flatMap(([dn, groups]) => (filter.includes(`(member=${dn})`) ? groups : [])),
  );
  expect(await findGroups(connection, recursive, jane)).toEqual(['a', 'b', 'c']);
  expect(searches[0]?.filter).toBe('(&(objectClass=groupOfNames)(member=cn=jane,ou=People))');
  expect(searches.map(({ filter }) => filter)).toContain('(&(objectClass=groupOfNames)(|(member=cn=a)(member=cn=b)))');
  expect(searches).toHaveLength(3);
});

test('N87: nesting and number of groups are bounded, and beyond that nobody signs in with half of them', async () => {
  expect(await findGroups(createConnection(chain(20)).connection, recursive, jane)).toHaveLength(20);
  await expect(findGroups(createConnection(chain(100)).connection, recursive, jane)).rejects.toThrow('20 levels');
  const many = Array.from({ length: 2001 }, (_, index) => ({ dn: `cn=${index}`, cn: `${index}` }));
  await expect(findGroups(createConnection(() => many).connection, recursive, jane)).rejects.toThrow('2000 groups');
});

test('A person without the matched attribute is in no group, and a group without a name is an error', async () => {
  const userMatchers = [{ userAttr: 'memberOf', groupAttr: 'member' }];
  const { connection, searches } = createConnection(() => [{ dn: 'cn=nameless' }]);
  expect(await findGroups(connection, { ...recursive, userMatchers }, jane)).toEqual([]);
  expect(searches).toEqual([]);
  await expect(findGroups(connection, recursive, jane)).rejects.toThrow('cn=nameless has no cn');
});
