import type { Identity } from './identity.ts';
import { isProtocolClaim } from './protocol-claims.ts';

/** A person whose claims are read. */
export interface Person {
  readonly identity: Identity;
  /** Where the identity comes from; undefined = not known, so `federated_claims` is not. */
  readonly connectorId?: string | undefined;
}

/** Members of the claim `address` (OIDC Core §5.1.1). */
const ADDRESS_MEMBERS = ['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country'] as const;

/** Claims that every identity has a place for. No extra claim of a connector replaces them. */
const IDENTITY_CLAIMS: ReadonlyMap<string, (person: Person) => unknown> = new Map<string, (person: Person) => unknown>([
  ['name', ({ identity }) => readText(identity.username)],
  ['preferred_username', ({ identity }) => readText(identity.preferredUsername)],
  ['email', ({ identity }) => readText(identity.email)],
  ['email_verified', ({ identity }) => (identity.email === '' ? undefined : identity.emailVerified)],
  ['groups', ({ identity }) => (identity.groups.length === 0 ? undefined : [...identity.groups])],
  [
    'federated_claims',
    ({ identity, connectorId }) =>
      connectorId === undefined ? undefined : { connector_id: connectorId, user_id: identity.userId },
  ],
]);

/** How standard claims are read that connectors give as they like (OIDC Core §5.1); undefined = not usable, left out. */
const STANDARD_CLAIMS: ReadonlyMap<string, (value: unknown) => unknown> = new Map<string, (value: unknown) => unknown>([
  ...[
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'phone_number',
  ].map((name) => [name, readText] as const),
  ['updated_at', readEpochSeconds],
  ['address', readAddress],
  ['phone_number_verified', readBoolean],
]);

/**
 * One claim about a person by its wire name: of the identity itself, a standard one in its proper type (OIDC Core §5.1), or
 * any other one the connector gave. Undefined when it is not known, empty, of a wrong type, or a claim of the protocol.
 */
export function personClaim(name: string, person: Person): unknown {
  const ofIdentity = IDENTITY_CLAIMS.get(name);
  if (ofIdentity !== undefined) return ofIdentity(person);
  const { claims } = person.identity;
  if (isProtocolClaim(name) || !Object.hasOwn(claims, name)) return undefined;
  const read = STANDARD_CLAIMS.get(name) ?? readAny;
  return read(claims[name]);
}

/** The claims of these names that are known about a person. */
export function personClaims(names: Iterable<string>, person: Person): Readonly<Record<string, unknown>> {
  const claims: [string, unknown][] = [];
  for (const name of new Set(names)) {
    const value = personClaim(name, person);
    if (value !== undefined) claims.push([name, value]);
  }
  return Object.fromEntries(claims);
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function readAny(value: unknown): unknown {
  return value === null || value === '' ? undefined : value;
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
