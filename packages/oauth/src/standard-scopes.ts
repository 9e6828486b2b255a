import type { ScopeKind } from './resource-model.ts';
import type { ScopeDefinition } from './resources.ts';

/** A scope everybody has, with what it is. */
export interface StandardScope extends ScopeDefinition {
  readonly kind: ScopeKind;
}

const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub'],
  email: ['email', 'email_verified'],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  groups: ['groups'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  'federated:id': ['federated_claims'],
};

/**
 * The scopes that exist without configuration: those of OIDC Core §5.4 and §11, `groups` and `federated:id` as in Dex. In the
 * order of discovery.
 */
export const STANDARD_SCOPES: readonly StandardScope[] = [
  standard('openid', 'identity', true),
  standard('offline_access', 'offline_access'),
  standard('email', 'identity'),
  standard('profile', 'identity'),
  standard('groups', 'identity'),
  standard('address', 'identity'),
  standard('phone', 'identity'),
  standard('federated:id', 'identity'),
];

/** Names of {@link STANDARD_SCOPES}. */
export const KNOWN_SCOPES: readonly string[] = STANDARD_SCOPES.map(({ name }) => name);

/** Claims of {@link STANDARD_SCOPES}, by the scope. */
export const STANDARD_CLAIMS: ReadonlyMap<string, readonly string[]> = new Map(
  STANDARD_SCOPES.map(({ name, claims }) => [name, claims]),
);

function standard(name: string, kind: ScopeKind, required = false): StandardScope {
  return {
    name,
    kind,
    required,
    emphasize: false,
    showInDiscovery: true,
    claims: CLAIMS[name] ?? [],
    claimMappings: {},
  };
}
