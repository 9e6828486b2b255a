/** What is asked of one claim (OIDC Core §5.5.1). Null in the request means all of it left out. */
export interface ClaimRequest {
  readonly essential?: boolean;
  readonly value?: unknown;
  readonly values?: readonly unknown[];
}

/** The `claims` parameter (OIDC Core §5.5): which claims are asked for beyond those of the scopes, by wire name. */
export interface ClaimsRequest {
  readonly userinfo?: Readonly<Record<string, ClaimRequest>>;
  readonly idToken?: Readonly<Record<string, ClaimRequest>>;
}

/** Longest `claims` parameter that is read, in bytes of UTF-8. */
export const MAX_CLAIMS_REQUEST_BYTES = 4_096;

/** Outcome of {@link parseClaimsRequest}. */
export type ClaimsRequestOutcome =
  | { readonly ok: true; readonly claims: ClaimsRequest }
  | { readonly ok: false; readonly reason: 'too-long' | 'malformed' };

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a `claims` parameter (OIDC Core §5.5): a JSON object whose members `userinfo` and `id_token` are objects, and what they
 * ask of each claim null or an object with `essential` (boolean), `value` and `values` (list). Members that are not known are
 * ignored (§5.5.1). Never throws.
 */
export function parseClaimsRequest(text: string): ClaimsRequestOutcome {
  if (Buffer.byteLength(text) > MAX_CLAIMS_REQUEST_BYTES) return { ok: false, reason: 'too-long' };
  const read = parseJson(text);
  if (!isObject(read)) return { ok: false, reason: 'malformed' };
  const userinfo = parseTarget(own(read, 'userinfo'));
  const idToken = parseTarget(own(read, 'id_token'));
  if (userinfo === 'malformed' || idToken === 'malformed') return { ok: false, reason: 'malformed' };
  return {
    ok: true,
    claims: { ...(userinfo === undefined ? {} : { userinfo }), ...(idToken === undefined ? {} : { idToken }) },
  };
}

function parseTarget(member: unknown): Readonly<Record<string, ClaimRequest>> | 'malformed' | undefined {
  if (member === undefined) return undefined;
  if (!isObject(member)) return 'malformed';
  const claims: [string, ClaimRequest][] = [];
  for (const [name, asked] of Object.entries(member)) {
    const claim = parseClaim(asked);
    if (claim === undefined) return 'malformed';
    claims.push([name, claim]);
  }
  // Defines each member, so that a claim called `__proto__` is one like any other.
  return Object.fromEntries(claims);
}

function parseClaim(asked: unknown): ClaimRequest | undefined {
  if (asked === null) return {};
  if (!isObject(asked)) return undefined;
  const essential = own(asked, 'essential');
  const value = own(asked, 'value');
  const values = own(asked, 'values');
  if (essential !== undefined && typeof essential !== 'boolean') return undefined;
  if (values !== undefined && !Array.isArray(values)) return undefined;
  return {
    ...(essential === undefined ? {} : { essential }),
    ...(value === undefined ? {} : { value }),
    ...(values === undefined ? {} : { values }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
