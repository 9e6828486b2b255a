import type { OidcConnectorConfig } from '@tessera/config';
import { expect, test } from 'vitest';
import { readOidcSettings } from './config.ts';
import { identityFromClaims } from './identity.ts';
import { sampleConfig } from './testing/sample-upstream.ts';

const claims = {
  sub: 'j1',
  name: 'Jane Doe',
  preferred_username: 'jane',
  email: 'jane@example.com',
  email_verified: true,
  groups: ['admins', { name: 'devs' }, { id: 7 }],
};

async function identity(more: Partial<OidcConnectorConfig> = {}, moreClaims: Record<string, unknown> = {}) {
  return identityFromClaims(
    { ...claims, ...moreClaims },
    await readOidcSettings({ ...sampleConfig, insecureEnableGroups: false, ...more }),
  );
}

const misconfigured = { code: 'federation.upstream_misconfigured' };

test('The usual claims become the identity, without groups', async () => {
  expect(await identity()).toEqual({
    userId: 'j1',
    username: 'Jane Doe',
    preferredUsername: 'jane',
    email: 'jane@example.com',
    emailVerified: true,
    groups: [],
    claims: {},
  });
});

test('userIDKey and userNameKey name other claims, which must be there', async () => {
  const other = await identity({ userIDKey: 'oid', userNameKey: 'nick' }, { oid: 'o1', nick: 'JD' });
  expect(other).toMatchObject({ userId: 'o1', username: 'JD' });
  await expect(identity({ userIDKey: 'oid' })).rejects.toThrow('claim oid');
  await expect(identity({}, { name: undefined })).rejects.toMatchObject(misconfigured);
});

test('claimMapping fills in for missing claims, and replaces them only when told to', async () => {
  const claimMapping = { preferred_username: 'login', email: 'mail' };
  const mapped = { login: 'jd', mail: 'jd@corp.example' };
  expect(await identity({ claimMapping }, mapped)).toMatchObject({
    preferredUsername: 'jane',
    email: 'jane@example.com',
  });
  expect(
    await identity({ claimMapping }, { ...mapped, preferred_username: undefined, email: undefined }),
  ).toMatchObject({ preferredUsername: 'jd', email: 'jd@corp.example' });
  expect(await identity({ claimMapping, overrideClaimMapping: true }, mapped)).toMatchObject({
    preferredUsername: 'jd',
    email: 'jd@corp.example',
  });
});

test('N59: an email address counts as verified only when the upstream says so, unless that is switched off', async () => {
  expect((await identity({}, { email_verified: false })).emailVerified).toBe(false);
  await expect(identity({}, { email_verified: undefined })).rejects.toThrow('claim email_verified');
  await expect(identity({}, { email_verified: 'true' })).rejects.toMatchObject(misconfigured);
  const skipped = { insecureSkipEmailVerified: true };
  expect((await identity(skipped, { email_verified: undefined })).emailVerified).toBe(true);
  expect((await identity(skipped, { email_verified: false })).emailVerified).toBe(false);
});

test('Email claims are needed only when the scope asks for them', async () => {
  await expect(identity({}, { email: undefined })).rejects.toThrow('claim email');
  const without = await identity({ scopes: ['profile'] }, { email: undefined, email_verified: undefined });
  expect(without).toMatchObject({ email: '', emailVerified: false });
});

test('Groups are texts, objects with a name, or one text; anything else is an error', async () => {
  const insecureEnableGroups = true;
  expect((await identity({ insecureEnableGroups })).groups).toEqual(['admins', 'devs']);
  expect((await identity({ insecureEnableGroups }, { groups: 'admins' })).groups).toEqual(['admins']);
  expect((await identity({ insecureEnableGroups }, { groups: undefined })).groups).toEqual([]);
  await expect(identity({ insecureEnableGroups }, { groups: [7] })).rejects.toThrow('claim groups');
  const claimMapping = { groups: 'roles' };
  expect((await identity({ insecureEnableGroups, claimMapping }, { groups: undefined, roles: ['r'] })).groups).toEqual([
    'r',
  ]);
});

test('With allowedGroups only people in one of them come in, and bring only those', async () => {
  const groups = { insecureEnableGroups: true };
  expect((await identity({ ...groups, allowedGroups: ['devs', 'x'] })).groups).toEqual(['devs']);
  await expect(identity({ ...groups, allowedGroups: ['x'] })).rejects.toMatchObject({
    code: 'federation.not_in_required_groups',
    kind: 'permission_denied',
  });
});

test('claimModifications filter groups, make new ones of claims and change their names', async () => {
  const claimModifications = {
    newGroupFromClaims: [
      { claims: ['org', 'team', 'absent'], delimiter: ':', clearDelimiter: true, prefix: 'up' },
      { claims: ['absent'], delimiter: ':', clearDelimiter: false, prefix: 'none' },
    ],
    filterGroupClaims: { groupsFilter: '^adm' },
    modifyGroupNames: { prefix: '<', suffix: '>' },
  };
  const made = await identity({ insecureEnableGroups: true, claimModifications }, { org: 'a:b', team: 'c' });
  expect(made.groups).toEqual(['<admins>', '<up:ab:c>']);
  const without = await identity({ claimModifications }, { org: 'a' });
  expect(without.groups).toEqual(['<up:a>']);
});

test('OIDC Core §2: a user id with half a character is none, as it would come out as the subject of others like it', async () => {
  await expect(identity({ userIDKey: 'id' }, { id: 'jane\ud800' })).rejects.toMatchObject(misconfigured);
  expect((await identity({ userIDKey: 'id' }, { id: '王芳🙂' })).userId).toBe('王芳🙂');
});
