import { describe, expect, it } from 'vitest';
import type { ClaimRequest } from './claims-request.ts';
import { requestedClaims } from './requested-claims.ts';

const person = {
  identity: {
    userId: 'u1',
    username: 'Ada',
    preferredUsername: '',
    email: 'ada@example.com',
    emailVerified: true,
    groups: ['math'],
    claims: { department: 'engines', address: { country: 'UK' }, sub: 'x', nickname: 7 },
  },
  connectorId: 'ldap',
};

function requested(claims: Readonly<Record<string, ClaimRequest>>, isAllowed: (claim: string) => boolean = () => true) {
  return requestedClaims(claims, person, isAllowed);
}

describe('claims asked for one by one', () => {
  it('OIDC Core §5.5.1: what is known comes, essential or not; what is unknown or of a wrong type does not', () => {
    expect(
      requested({ name: { essential: true }, email: {}, address: {}, department: {}, nickname: {}, gender: {} }),
    ).toEqual({ name: 'Ada', email: 'ada@example.com', address: { country: 'UK' }, department: 'engines' });
  });

  it('OIDC Core §5.5.1: another value than was asked for is left out', () => {
    expect(requested({ name: { value: 'Ada' }, email: { value: 'other@example.com' } })).toEqual({ name: 'Ada' });
    expect(requested({ name: { values: ['Bob', 'Ada'] }, email: { values: [] } })).toEqual({ name: 'Ada' });
    expect(requested({ address: { value: { country: 'UK' } } })).toHaveProperty('address');
  });

  it('no claim of the protocol, and none that may not be asked for', () => {
    expect(requested({ sub: {}, iss: {}, acr: {} })).toEqual({});
    expect(requested({ name: {}, email: {} }, (claim) => claim === 'email')).toEqual({ email: 'ada@example.com' });
  });
});
