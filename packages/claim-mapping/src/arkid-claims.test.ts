import { expect, it } from 'vitest';
import { arkidClaims } from './arkid-claims.ts';

const identity = {
  userId: '6f1e',
  username: 'Ada',
  preferredUsername: 'ada',
  email: '',
  emailVerified: false,
  groups: ['math'],
  claims: {},
};

it('the preset tells id, groups and tenant by ArkID’s names', () => {
  const tenant = { id: 't-1', slug: 'acme' };
  expect(arkidClaims({ subject: 'sub', isPairwise: false, identity, tenant })).toEqual({
    id: '6f1e',
    sub_id: '6f1e',
    groups: ['math'],
    tenant_id: 't-1',
    tenant_slug: 'acme',
  });
  expect(arkidClaims({ subject: 'sub', isPairwise: false, identity })).not.toHaveProperty('tenant_id');
});

it('OIDC Core §8.1: a pairwise client is not told the id that other sectors know', () => {
  expect(arkidClaims({ subject: 'pairwise', isPairwise: true, identity })).toMatchObject({
    id: 'pairwise',
    sub_id: 'pairwise',
  });
});
