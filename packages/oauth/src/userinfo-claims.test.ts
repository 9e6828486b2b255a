import { describe, expect, it } from 'vitest';
import type { Identity } from './identity.ts';
import { personClaims } from './person-claims.ts';
import { STANDARD_CLAIMS } from './standard-scopes.ts';
import { USERINFO_CLAIMS } from './userinfo-claims.ts';

const profile = {
  family_name: 'Lovelace',
  given_name: 'Ada',
  middle_name: 'King',
  nickname: 'Countess',
  profile: 'https://ada.example',
  picture: 'https://ada.example/p.png',
  website: 'https://ada.example/w',
  gender: 'female',
  birthdate: '1815-12-10',
  zoneinfo: 'Europe/London',
  locale: 'en-GB',
  updated_at: 1_700_000_000,
};
const address = { formatted: '1 Street\nLondon', country: 'UK' };

const identity: Identity = {
  userId: 'u1',
  username: 'Ada Lovelace',
  preferredUsername: 'ada',
  email: 'ada@example.com',
  emailVerified: true,
  groups: ['math'],
  claims: { ...profile, address, phone_number: '+44 20', phone_number_verified: false, shoe_size: 38 },
};

function claimsOf(scopes: readonly string[], claims: Readonly<Record<string, unknown>> = identity.claims) {
  return personClaims(namesOf(scopes), { identity: { ...identity, claims }, connectorId: 'ldap' });
}

/** The claims of scopes, `sub` among them, which no person's claims ever are. */
function namesOf(scopes: readonly string[]): readonly string[] {
  return ['sub', ...scopes.flatMap((scope) => STANDARD_CLAIMS.get(scope) ?? [])];
}

describe('the claims of a person by scope', () => {
  it('OIDC Core §5.3.2: openid brings nothing of the person', () => {
    expect(claimsOf(['openid'])).toEqual({});
  });

  it('OIDC Core §5.4: profile brings all fourteen claims', () => {
    const claims = claimsOf(['openid', 'profile']);
    expect(claims).toEqual({ name: 'Ada Lovelace', preferred_username: 'ada', ...profile });
    expect(Object.keys(claims)).toHaveLength(14);
  });

  it.each([
    ['email', { email: 'ada@example.com', email_verified: true }],
    ['address', { address }],
    ['phone', { phone_number: '+44 20', phone_number_verified: false }],
    ['groups', { groups: ['math'] }],
    ['federated:id', { federated_claims: { connector_id: 'ldap', user_id: 'u1' } }],
  ])('OIDC Core §5.4: %s brings its own claims alone', (scope, expected) => {
    expect(claimsOf(['openid', scope])).toEqual(expected);
  });

  it('says nothing of where the person comes from when that is not known', () => {
    expect(personClaims(namesOf(['openid', 'federated:id']), { identity })).toEqual({});
  });

  it('OIDC Core §5.3.2: leaves out claims without a value', () => {
    const nobody: Identity = { ...identity, username: '', preferredUsername: '', email: '', groups: [], claims: {} };
    const scopes = ['openid', 'profile', 'email', 'groups', 'address', 'phone'];
    expect(personClaims(namesOf(scopes), { identity: nobody })).toEqual({});
  });

  it.each([
    [1_700_000_000.9, 1_700_000_000],
    ['1700000000', 1_700_000_000],
    ['2023-11-14T22:13:20Z', 1_700_000_000],
    ['yesterday', undefined],
    ['', undefined],
    [Number.NaN, undefined],
    [true, undefined],
  ])('OIDC Core §5.1: updated_at %j is the number %j', (given, expected) => {
    expect(claimsOf(['profile'], { updated_at: given })['updated_at']).toBe(expected);
  });

  it('OIDC Core §5.1: leaves out claims of a wrong type', () => {
    const wrong = { given_name: 7, family_name: ['x'], phone_number: {}, phone_number_verified: 'yes', address: ['x'] };
    const claims = claimsOf(['address', 'phone'], wrong);
    expect(claims).toEqual({});
    expect(claimsOf(['profile'], wrong)).not.toHaveProperty('given_name');
  });

  it('OIDC Core §5.1.1: an address in one text is the formatted one, and only its members stand in it', () => {
    expect(claimsOf(['address'], { address: 'somewhere' })['address']).toEqual({ formatted: 'somewhere' });
    expect(claimsOf(['address'], { address: { region: 'R', planet: 'Mars', locality: '' } })['address']).toEqual({
      region: 'R',
    });
    expect(claimsOf(['address'], { address: { planet: 'Mars' } })).toEqual({});
  });

  it('extra claims cannot replace the subject, the name or the address of mail', () => {
    const forged = { sub: 'x', name: 'x', email: 'x', email_verified: false, groups: ['admin'] };
    expect(claimsOf(['profile', 'email', 'groups'], forged)).toEqual({
      name: 'Ada Lovelace',
      preferred_username: 'ada',
      email: 'ada@example.com',
      email_verified: true,
      groups: ['math'],
    });
  });

  it('names of built-in properties are no scopes', () => {
    expect(claimsOf(['constructor', '__proto__', 'toString'])).toEqual({});
  });

  it('OIDC Discovery §3: every claim it can answer is listed for metadata', () => {
    const scopes = ['profile', 'email', 'address', 'phone', 'groups', 'federated:id'];
    expect(['sub', ...Object.keys(claimsOf(scopes))].toSorted()).toEqual([...USERINFO_CLAIMS].toSorted());
  });
});
