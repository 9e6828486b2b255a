import { identityClaims } from './claims.ts';
import type { Identity } from './identity.ts';

/** Input of {@link userInfoClaims}. */
export interface UserInfoClaimsInput {
  readonly sub: string;
  readonly identity: Identity;
  /** Scopes of the presented access token. */
  readonly scopes: readonly string[];
  /** Where the identity comes from; without it the scope `federated:id` adds nothing. */
  readonly connectorId?: string | undefined;
}

/** Claims of a userinfo answer by their wire names. */
export type UserInfoClaims = { readonly sub: string } & Readonly<Record<string, unknown>>;

/** Reads one claim as a connector gave it; undefined = not usable, left out. */
type ReadClaim = (value: unknown) => unknown;

/** Members of the claim `address` (OIDC Core §5.1.1). */
const ADDRESS_MEMBERS = ['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country'] as const;

/** The standard claims beyond those every identity has, by the scope they belong to (OIDC Core §5.1 and §5.4). */
const CLAIMS_BY_SCOPE: Readonly<Record<string, readonly (readonly [name: string, read: ReadClaim])[]>> = {
  profile: [
    ['family_name', readText],
    ['given_name', readText],
    ['middle_name', readText],
    ['nickname', readText],
    ['profile', readText],
    ['picture', readText],
    ['website', readText],
    ['gender', readText],
    ['birthdate', readText],
    ['zoneinfo', readText],
    ['locale', readText],
    ['updated_at', readEpochSeconds],
  ],
  address: [['address', readAddress]],
  phone: [
    ['phone_number', readText],
    ['phone_number_verified', readBoolean],
  ],
};

/** Every claim a userinfo answer may have, for the metadata's `claims_supported`. */
export const USERINFO_CLAIMS: readonly string[] = [
  'sub',
  'name',
  'preferred_username',
  'email',
  'email_verified',
  'groups',
  'federated_claims',
  ...Object.values(CLAIMS_BY_SCOPE).flatMap((claims) => claims.map(([name]) => name)),
];

/**
 * The claims of a userinfo answer (OIDC Core §5.3.2): `sub`, and all claims of the granted scopes that are known about the
 * person (OIDC Core §5.4). What `identity.claims` holds beyond the standard claims, or in a wrong type, is left out.
 */
export function userInfoClaims({ sub, identity, scopes, connectorId }: UserInfoClaimsInput): UserInfoClaims {
  const usable = connectorId === undefined ? scopes.filter((scope) => scope !== 'federated:id') : scopes;
  const { email_verified: emailVerified, ...fromIdentity } = identityClaims({
    scopes: usable,
    identity,
    connectorId: connectorId ?? '',
  });
  const claims: Record<string, unknown> = { ...fromIdentity };
  if (fromIdentity.email !== undefined) {
    claims['email_verified'] = emailVerified;
  }
  for (const scope of new Set(usable)) {
    for (const [name, read] of claimsOfScope(scope)) {
      const value = Object.hasOwn(identity.claims, name) ? read(identity.claims[name]) : undefined;
      if (value !== undefined) {
        claims[name] = value;
      }
    }
  }
  return { ...claims, sub };
}

function claimsOfScope(scope: string): readonly (readonly [string, ReadClaim])[] {
  return Object.hasOwn(CLAIMS_BY_SCOPE, scope) ? (CLAIMS_BY_SCOPE[scope] ?? []) : [];
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** `updated_at` is a number of seconds; directories also give it as digits or as a date in text. */
function readEpochSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? Math.floor(value) : undefined;
  }
  if (typeof value !== 'string' || value === '') {
    return undefined;
  }
  const seconds = /^[0-9]{1,12}$/.test(value) ? Number(value) : Math.floor(Date.parse(value) / 1000);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** A directory that has the address in one text means the formatted address. */
function readAddress(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value === 'string') {
    return value === '' ? undefined : { formatted: value };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return undefined;
  }
  const members = new Map<string, unknown>(Object.entries(value));
  const address = ADDRESS_MEMBERS.flatMap((name): [string, string][] => {
    const member = readText(members.get(name));
    return member === undefined ? [] : [[name, member]];
  });
  return address.length === 0 ? undefined : Object.fromEntries(address);
}
