import { createResourceModel, parseFormParameters, type Resources } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { approvedScopes, isChoosable } from './approved-scopes.ts';
import { claimsBeyondScopes, consentScopes } from './consent-scopes.ts';
import { narrowClaims } from './narrow-claims.ts';

const scope = {
  displayName: 'Pay',
  required: true,
  emphasize: true,
  showInDiscovery: true,
  claims: [],
  claimMappings: {},
};
const resources: Resources = {
  identityResources: [],
  apiScopes: [
    { ...scope, name: 'pay' },
    { ...scope, name: 'read', required: false, emphasize: false, description: 'Reads it' },
  ],
  apiResources: [],
};
const model = createResourceModel(resources);
const asked = consentScopes(['openid', 'email', 'pay', 'read'], model);

function approved(query: string): readonly string[] {
  const parsed = parseFormParameters(query);
  if (!parsed.ok) throw new Error('malformed');
  return approvedScopes(parsed.parameters, asked);
}

describe('the scopes a person is asked for', () => {
  it('are named, required and set off as the configuration says; openid cannot be left out', () => {
    expect(asked).toEqual([
      { name: 'openid', kind: 'identity', isRequired: true, isEmphasized: false },
      { name: 'email', kind: 'identity', isRequired: false, isEmphasized: false },
      { name: 'pay', kind: 'api', displayName: 'Pay', isRequired: true, isEmphasized: true },
      {
        name: 'read',
        kind: 'api',
        displayName: 'Pay',
        description: 'Reads it',
        isRequired: false,
        isEmphasized: false,
      },
    ]);
  });
});

describe('the scopes a person agreed to', () => {
  it('are those that are ticked', () => {
    expect(approved('choice=yes&scope-0=yes&scope-1=yes&scope-2=yes&scope-3=yes')).toHaveLength(4);
    expect(approved('choice=yes&scope-0=yes&scope-2=yes')).toEqual(['openid', 'pay']);
  });

  it('Dex: are all of them for a form without boxes', () => {
    expect(approved('approval=approve')).toEqual(['openid', 'email', 'pay', 'read']);
    expect(approvedScopesOf(['openid'])).toEqual(['openid']);
  });

  it.each(['choice=yes', 'choice=yes&scope-0=yes', 'choice=yes&scope-1=yes&scope-2=yes&scope-3=yes'])(
    'N95: a form that leaves out a required one is refused: %s',
    (query) => {
      expect(() => approved(query)).toThrow('What the application cannot do without was left out.');
    },
  );

  it('N37: are never more than was asked for', () => {
    expect(approved('choice=yes&scope-0=yes&scope-2=yes&scope-4=yes&scope-groups=yes')).toEqual(['openid', 'pay']);
  });

  it('are all or nothing where a form would have too many fields', () => {
    const many = consentScopes(['openid', ...Array.from({ length: 80 }, (_, index) => `s${index}`)], model);
    expect(isChoosable(many)).toBe(false);
    expect(isChoosable(asked)).toBe(true);
  });
});

function approvedScopesOf(names: readonly string[]): readonly string[] {
  const parsed = parseFormParameters('choice=yes');
  return parsed.ok ? approvedScopes(parsed.parameters, consentScopes(names, model)) : [];
}

describe('OIDC Core §5.5: claims that are asked for one by one', () => {
  const claims = { userinfo: { email: {}, given_name: {}, sub: {} }, idToken: { email: {}, auth_time: {} } };

  it('are told to the person as far as no scope says them', () => {
    expect(claimsBeyondScopes(claims, ['openid', 'email'], model)).toEqual(['given_name']);
    expect(claimsBeyondScopes(claims, ['openid'], model)).toEqual(['email', 'given_name']);
    expect(claimsBeyondScopes(undefined, ['openid'], model)).toEqual([]);
  });

  it('go with the scope that the person left out', () => {
    const narrow = (approvedNames: readonly string[]) =>
      narrowClaims(claims, { asked: ['openid', 'email'], approved: approvedNames }, model);
    expect(narrow(['openid'])).toEqual({ userinfo: { given_name: {}, sub: {} }, idToken: { auth_time: {} } });
    expect(narrow(['openid', 'email'])).toBe(claims);
  });
});
